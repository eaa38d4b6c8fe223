import Policy
import Testing

@Suite("A configuration")
struct ConfigurationTests {
  @Test("has a default for everything")
  func defaults() {
    let (configuration, complaints) = read("")
    #expect(complaints == [])
    #expect(configuration.databaseHome == "/var/lib/abl")
    #expect(configuration.runHome == "/run/abl")
    #expect(configuration.hostRule == Rule())
    #expect(configuration.userRule == Rule())
    #expect(configuration.hostPurge == 172_800)
    #expect(configuration.userPurge == 172_800)
    #expect(configuration.hostAllowList == AllowList())
    #expect(configuration.userAllowList == AllowList())
    #expect(configuration.limits == HistoryLimits(lower: 1000, upper: 1200))
    #expect(configuration.hostBlockCommand == nil)
    #expect(!configuration.isDebugging)
    #expect(configuration.lockTimeout == 1500)
    #expect(configuration.pendingWait == 30_000)
    #expect(configuration.socket == "/run/abld/api.sock")
    #expect(configuration.abandoned == .lapse)
    #expect(configuration.onError == .allow)
    #expect(configuration.maxSize == 64 << 20)
    #expect(configuration.actions == [])
  }

  @Test("reads the file of the how-to without a word")
  func howTo() {
    let (configuration, complaints) = read(
      "host_db=/var/lib/abl/hosts.db\nhost_purge=2d\nhost_rule=*:10/1h,30/1d\n"
        + "user_db=/var/lib/abl/users.db\nuser_purge=2d\nuser_rule=!root:10/1h,30/1d \n")
    #expect(complaints == [])
    #expect(configuration.databaseHome == "/var/lib/abl")
    #expect(configuration.hostRule.text == "*:10/1h,30/1d")
    #expect(configuration.userRule.text == "!root:10/1h,30/1d")
    #expect(configuration.hostPurge == 172_800)
  }

  @Test("reads the file that Debian ships, and refuses only its four commands")
  func debian() {
    let (configuration, complaints) = read(
      """
      # /etc/security/pam_abl.conf
      debug

      db_home=/var/lib/abl
      host_db=/var/lib/abl/hosts.db
      host_purge=1d
      host_rule=*:30/1h
      host_block_cmd=[logger] [block] [host] [%h]
      host_clear_cmd=[logger] [clear] [host] [%h]
      user_db=/var/lib/abl/users.db
      user_purge=1d
      user_rule=*/sshd:5/1h
      user_block_cmd=[logger] [block] [user] [%u]
      user_clear_cmd=[logger] [clear] [user] [%u]
      limits=1000-1200
      host_whitelist=localhost
      user_whitelist=

      """)
    #expect(
      complaints
        == [8, 9, 13, 14].map {
          "abl.conf:\($0):17: error: expected an absolute path; no PATH is searched"
        })
    #expect(configuration.hostBlockCommand == nil)
    #expect(configuration.userRule.text == "*/sshd:5/1h")
    #expect(configuration.isAllowed(.host(.address(.v4(127 << 24 | 1)))))
  }

  /// Lines about which nothing is said.
  @Test(
    "reads a line",
    arguments: [
      "", "   ", "\t\r", "# a comment", "   # a comment", "debug", "  debug  ", "debug # on",
      "db_home=/var/lib/abl", "db_home = /var/lib/abl", "db_home\t=\t/var/lib/abl\r",
      "host_db=hosts.db", "host_db=", "user_db=/users.db", "db_module=/usr/lib/abl/bdb.so",
      "db_module=", "host_rule=", "host_rule=   # none", "host_rule=*:10/1h#comment",
      "host_rule=*:10/3600", "host_rule=  *:10/1h   *:30/1d  ", "host_rule=[::1]:1/1s",
      "user_rule=!root|admin/sshd:5/1h,30/1d */su:3/90s", "user_rule=*:10000/2d",
      "host_rule=*:1/49710d", "host_purge=3600", "host_purge=1h", "user_purge=60m",
      "user_purge=4294967295", "limits=1000-1200", "limits=0-0", "limits=2-2", "limits=2-10000",
      "host_whitelist=", "host_whitelist=;;", "host_whitelist=127.0.0.1/8;::1/128; example.com",
      "user_whitelist=root;jürgen; two words", "host_block_cmd=", "host_block_cmd=[/bin/true]",
      "host_clear_cmd = clear: [/usr/bin/logger] [--] [clear %h \\[x\\]]",
      "user_block_cmd=[/bin/x][%u][%%]", "user_clear_cmd=[/bin/x] [%s]", "run_home=/run/abl",
      "socket = /srv/abl.sock",
      "lock_timeout=1500", "lock_timeout=1500ms", "lock_timeout=60s", "lock_timeout=1",
      "pending_wait=0", "pending_wait=5s", "abandoned=lapse", "abandoned = count", "on_error=allow",
      "on_error=deny", "user_case=keep", "user_case=ignore", "user_domain=keep",
      "user_domain=strip", "same_password=once", "same_password=count", "max_size=64M",
      "max_size=1G",
      "max_size=1024G", "max_size=1024K", "host_prefix=32:64", "host_prefix = 8:16",
      "host_prefix=32:128", "network_rule=", "network_rule=/24|/48:50/1h",
      "network_rule=::/32/sshd:50/1h,90/1d ?@/8:5/1h !root|?@/64:5/1h", "network_purge=2d",
      "user_known=0", "user_known=30d", "known_prefix=24:48", "caller_rule=*:10/1h",
      "caller_rule=!1000|1001/su:10/1h", "host_block=10m", "network_block=10m,1h",
      "user_block=1h,2h", "network_block_cmd=[/bin/true] [%h]", "network_clear_cmd=",
      "max_size=1048576", "check_user", "check_host", "check_both", "log_user", "log_host",
      "log_both", "no_warn", "expose_account", "try_first_pass", "use_first_pass",
      "use_mapped_pass",
    ])
  func goodLine(_ line: String) {
    #expect(read(line).complaints == [])
  }

  @Test("takes over each key")
  func keys() throws {
    let (configuration, complaints) = read(
      """
      run_home=/run/x
      host_rule=a:1/1h
      user_rule=b:2/1h
      host_purge=3d
      user_purge=4d
      host_whitelist=h
      user_whitelist=u
      limits=20-30
      host_block_cmd=[/bin/1]
      host_clear_cmd=[/bin/2]
      user_block_cmd=[/bin/3]
      user_clear_cmd=[/bin/4]
      lock_timeout=2s
      pending_wait=7
      abandoned=count
      on_error=deny
      user_case=ignore
      user_domain=strip
      same_password=once
      host_prefix=31:56
      network_rule=/24:3/1h
      network_purge=5d
      network_block_cmd=[/bin/5]
      network_clear_cmd=[/bin/6]
      user_known=30d
      known_prefix=22:44
      caller_rule=1000:4/1h
      host_block=10m,1h
      network_block=20m
      user_block=30m
      max_size=3M
      socket=/run/s
      check_user
      log_both
      """)
    #expect(complaints == [])
    #expect(configuration.runHome == "/run/x")
    #expect(configuration.limits == HistoryLimits(lower: 20, upper: 30))
    #expect(configuration.lockTimeout == 2000)
    #expect(configuration.pendingWait == 7)
    #expect(configuration.abandoned == .count)
    #expect(configuration.onError == .deny)
    #expect(configuration.alike == [.userCase, .userDomain, .password])
    #expect(configuration.hostPrefix == PrefixLengths(v4: 31, v6: 56))
    #expect(configuration.rule(for: .network).text == "/24:3/1h")
    #expect(configuration.networkPurge == 5 * 86400)
    #expect(configuration.blockCommand(for: .network)?.arguments == [Array("/bin/5".utf8)])
    #expect(configuration.clearCommand(for: .network)?.arguments == [Array("/bin/6".utf8)])
    #expect(configuration.userKnown == 30 * 86400)
    #expect(configuration.knownPrefix == PrefixLengths(v4: 22, v6: 44))
    #expect(configuration.rule(for: .caller).text == "1000:4/1h")
    #expect(configuration.hostBlock == [600, 3600])
    #expect(configuration.networkBlock == [1200] && configuration.userBlock == [1800])
    #expect(configuration.maxSize == 3 << 20)
    #expect(configuration.socket == "/run/s")
    #expect(configuration.actions == [.checkUser, .logUser, .logHost])
    let (host, user) = (Subject.host(.name("h")), Subject.user("u"))
    #expect(configuration.rule(for: host).text == "a:1/1h")
    #expect(configuration.rule(for: user).text == "b:2/1h")
    #expect(configuration.purge(for: host) == 3 * 86400)
    #expect(configuration.purge(for: user) == 4 * 86400)
    #expect(configuration.isAllowed(host) && configuration.isAllowed(user))
    #expect(!configuration.isAllowed(.user("h")) && !configuration.isAllowed(.host(.name("u"))))
    #expect(configuration.blockCommand(for: .host)?.arguments == [Array("/bin/1".utf8)])
    #expect(configuration.clearCommand(for: .host)?.arguments == [Array("/bin/2".utf8)])
    #expect(configuration.blockCommand(for: .user)?.arguments == [Array("/bin/3".utf8)])
    #expect(configuration.clearCommand(for: .user)?.arguments == [Array("/bin/4".utf8)])
  }

  @Test(
    "finds the store",
    arguments: [
      ("host_db=/a/b/hosts.db", "/a/b"),
      ("user_db=/a/users.db", "/a"),
      ("user_db=/users.db", "/"),
      ("host_db=hosts.db", "/var/lib/abl"),
      ("db_home=/x\nhost_db=/a/hosts.db", "/x"),
      ("host_db=/a/hosts.db\ndb_home=/x", "/x"),
      ("db_home=x\nhost_db=/a/hosts.db", "/a"),
    ])
  func store(_ text: String, _ home: String) {
    #expect(read(text).configuration.databaseHome == Name(home))
  }
}
