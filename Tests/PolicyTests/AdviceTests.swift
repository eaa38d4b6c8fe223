import Policy
import Testing

/// What is advised about the text of a file.
private func advice(_ text: String) -> String {
  read(text).configuration.advice.map(\.rendered.description).joined(separator: "\n")
}

@Suite("Advice on a configuration")
struct AdviceTests {
  @Test(
    "warns of what is hardly meant, and changes nothing",
    arguments: Complaint.all(
      in: #"""
        abl.conf:1:13: warning: this is taken for a name: groups and netgroups are not known here
        user_rule = @wheel:2/1h !root|%admins/sshd:3/1h
                    ^~~~~~
        abl.conf:1:31: warning: this is taken for a name: groups and netgroups are not known here
        user_rule = @wheel:2/1h !root|%admins/sshd:3/1h
                                      ^~~~~~~

        abl.conf:1:23: warning: this is taken for a name: groups and netgroups are not known here
        user_whitelist = bob; +trusted
                              ^~~~~~~~

        abl.conf:1:13: warning: this is taken for a name: there are no patterns, and only in a rule '*' alone is any
        host_rule = 192.168.*:50/1h *.example.com:5/1h
                    ^~~~~~~~~
        abl.conf:1:29: warning: this is taken for a name: there are no patterns, and only in a rule '*' alone is any
        host_rule = 192.168.*:50/1h *.example.com:5/1h
                                    ^~~~~~~~~~~~~

        abl.conf:1:18: warning: this is taken for a name: there are no patterns, and only in a rule '*' alone is any
        user_whitelist = *;backup?
                         ^
        abl.conf:1:20: warning: this is taken for a name: there are no patterns, and only in a rule '*' alone is any
        user_whitelist = *;backup?
                           ^~~~~~~

        abl.conf:1:14: warning: no host has this name: a host is an address, or a name of DNS
        host_rule = !10.0.0.0-10.0.0.9|300.1.1.1|10.0:3/1h
                     ^~~~~~~~~~~~~~~~~
        abl.conf:1:32: warning: no host has this name: a host is an address, or a name of DNS
        host_rule = !10.0.0.0-10.0.0.9|300.1.1.1|10.0:3/1h
                                       ^~~~~~~~~
        abl.conf:1:42: warning: no host has this name: a host is an address, or a name of DNS
        host_rule = !10.0.0.0-10.0.0.9|300.1.1.1|10.0:3/1h
                                                 ^~~~

        abl.conf:1:13: warning: this is for programs that tell names of hosts: of sshd, a host is its address
        host_rule = localhost:3/1h
                    ^~~~~~~~~

        abl.conf:1:29: warning: this is for programs that tell names of hosts: of sshd, a host is its address
        host_whitelist = localhost; gate.example; 10.0.0.0/8
                                    ^~~~~~~~~~~~

        abl.conf:1:18: warning: this is taken for a name as it is, not as it is printed: write one backslash for two
        user_whitelist = EXAMPLE\\john; EXAMPLE\john; two\x20words
                         ^~~~~~~~~~~~~
        abl.conf:1:47: warning: this is taken for a name as it is, not as it is printed: write one backslash for two
        user_whitelist = EXAMPLE\\john; EXAMPLE\john; two\x20words
                                                      ^~~~~~~~~~~~

        abl.conf:1:18: warning: the quotes are taken for a part of the name: write it without
        user_whitelist = "bob"
                         ^~~~~

        abl.conf:1:13: warning: this is for root too, whom any stranger can lock by guessing: '!root' leaves root out
        user_rule = *:3/1h root/su:1/1h
                    ^~~~~~

        abl.conf:1:20: warning: this is for root too, whom any stranger can lock by guessing: '!root' leaves root out
        user_rule = a:2/1h !bob/sshd|alice:3/1h !root:9/1h
                           ^~~~~~~~~~~~~~~~~~~~

        abl.conf:1:15: warning: this limit never matters: 5/1d blocks as soon, and for as long
        host_rule = *:10/1h,5/1d,50/2d,5/24h
                      ^~~~~
        abl.conf:1:32: warning: this limit never matters: 5/1d blocks as soon, and for as long
        host_rule = *:10/1h,5/1d,50/2d,5/24h
                                       ^~~~~

        abl.conf:1:17: warning: this limit never matters: 3/1d blocks as soon, and for as long
        user_rule = bob:3/1h !root:3/1d !root:9/1h root:3/1d,2/1h
                        ^~~~
        abl.conf:1:39: warning: this limit never matters: 3/1d blocks as soon, and for as long
        user_rule = bob:3/1h !root:3/1d !root:9/1h root:3/1d,2/1h
                                              ^~~~

        abl.conf:1:37: warning: '%h' is only a part of this argument: alone in one, it can't be read as more
        host_block_cmd = [/sbin/nft] [add { %h }] [%h] [%%h] [\%h]
                                            ^~

        abl.conf:1:45: warning: '%u' is only a part of this argument: alone in one, it can't be read as more
        user_block_cmd = mail: [/bin/sh] [-c] [echo %u%s | mail root] [%u]
                                                    ^~
        abl.conf:1:47: warning: '%s' is only a part of this argument: alone in one, it can't be read as more
        user_block_cmd = mail: [/bin/sh] [-c] [echo %u%s | mail root] [%u]
                                                      ^~

        abl.conf:1:23: warning: a user that mistypes so often stays out of su and sudo for so long, if root can't log in at the console or by a key
        caller_rule = *:10/1h,20/2d 1000:5/1d 1001:3/90000
                              ^~~~~
        abl.conf:1:44: warning: a user that mistypes so often stays out of su and sudo for so long, if root can't log in at the console or by a key
        caller_rule = *:10/1h,20/2d 1000:5/1d 1001:3/90000
                                                   ^~~~~~~

        abl.conf:1:12: warning: a later block would be shorter than the one before it
        host_block=1d,1h
                   ^~~~~

        abl.conf:1:15: warning: this has no effect: 'network_rule' is not set
        network_block=1d
                      ^~

        abl.conf:1:12: warning: this has no effect: 'user_rule' is not set
        user_block=1d
                   ^~

        abl.conf:1:37: warning: '%u' is run as a program here, and a stranger chose it
        user_block_cmd = [/bin/bash] [-lc] [%u]
                                            ^~

        abl.conf:1:47: warning: '%u' is run as a program here, and a stranger chose it
        user_block_cmd = [/usr/bin/env] [bash] [-ec] [%u]
                                                      ^~

        abl.conf:1:46: warning: '%u' is run as a program here, and a stranger chose it
        user_block_cmd = [/bin/sh] [-c] [eval "$0"] [%u]
                                                     ^~

        abl.conf:1:18: warning: this is every address of IPv4: none of them is counted or refused
        host_whitelist = 0.0.0.0/0
                         ^~~~~~~~~

        abl.conf:1:29: warning: this is every address of IPv6: none of them is counted or refused
        host_whitelist = 192.0.2.7; ::/0
                                    ^~~~

        abl.conf:1:18: warning: this is every address of IPv4: none of them is counted or refused
        host_whitelist = 0.0.0.0/1;128.0.0.0/1
                         ^~~~~~~~~~~~~~~~~~~~~

        abl.conf:1:1: warning: by this word nothing is refused: add 'check_both', or take it out, and both are done
        log_both
        ^~~~~~~~

        abl.conf:1:1: warning: by this word nothing is counted: add 'log_both', or take it out, and both are done
        check_both
        ^~~~~~~~~~

        abl.conf:1:15: warning: no service has this name: services are in small letters
        host_rule = */SVC:2/1h
                      ^~~

        abl.conf:1:20: warning: no service has this name: services are in small letters
        network_rule = /24/Sshd:2/1h
                           ^~~~

        abl.conf:1:13: warning: this blocks nothing: '!*' leaves out all
        host_rule = !*:2/1h
                    ^~~~~~~

        abl.conf:1:18: warning: this is taken for a name: '!' stands in front of all names of a rule
        user_rule = root|!bob:2/1h
                         ^~~~

        abl.conf:1:34: warning: '%u' is run as a program here, and a stranger chose it
        user_clear_cmd = [/bin/sh] [-c] [%u]
                                         ^~
        """#))
  func advised(_ complaint: Complaint) {
    let rule = complaint.text.hasPrefix("host_rule") ? "" : "\nhost_rule = *:1/1h"
    #expect(advice(complaint.text + rule) == complaint.expected)
  }

  @Test("warns of long blocks of users that are known nowhere: strangers lock them out")
  func lockedOut() {
    let warning = """
      abl.conf:2:12: warning: strangers that guess at an account lock its user out for so long: set \
      'user_known', and users get in from where they have logged in
      user_block=1h,1d
                 ^~~~~
      """
    #expect(advice("user_rule=!root:3/1h\nuser_block=1h,1d") == warning)
    #expect(advice("user_rule=!root:3/1h\nuser_block=1h,1d\nuser_known=0") == warning)
  }

  @Test(
    "says nothing of what is right",
    arguments: [
      "user_rule=!*/sshd:3/1h\nuser_whitelist=root;m\u{FC}ller",
      "log_both\ncheck_both\nhost_rule=*:3/1h",
      "host_rule=*:3/1h\nhost_whitelist=0.0.0.0/1;128.0.0.0/2;192.0.0.0/3;::/1",
      "host_rule=*:3/1h\nuser_block_cmd=[/usr/bin/find] [-name] [%u]",
      "user_rule=!root:10/1h,30/1d", "user_rule=root:3/1h", "user_rule=*:3/1h\nuser_whitelist=root",
      "user_rule=!root|admin/sshd:3/1h root/sshd:9/1h,2/1m",
      "user_rule=!bob|root:1/1h EX\\bob:2/1d",
      "host_rule=!127.0.0.1|[::1]:10/1h,30/1d 127.0.0.1|[::1]:100/1h 2001:db8::1:5/1h",
      "host_rule=*/sshd:10/1h *:20/1d,30/2d 192.0.2.1/ftp:3/1m",
      "user_whitelist=two words;a\\b;j@x",
      "host_whitelist=;;localhost;10.0.0.0/8;::1",
      "host_block_cmd=[/bin/sh] [-c] [echo \"$1\"] [sh] [%h]",
      "host_rule=*:1/1h\nhost_block=10m,1h,1h", "caller_rule=!0|1000/su:10/1h,30/1d",
      "user_rule=!root:3/1h\nuser_known=1d\nuser_block=1m",
      "host_purge=2d\nuser_purge=2d\ndebug\ndebug", "host_block_cmd=run [/bin/a] [%%u %%]",
    ])
  func notAdvised(_ text: String) {
    #expect(read(text).complaints == [])
    #expect(advice(text + (text.contains("_rule") ? "" : "\nhost_rule=*:1/1h")) == "")
  }

  @Test(
    "warns where no rule holds, at the end of the file",
    arguments: [
      ("", "1:1"), ("# nothing\n", "2:1"), ("debug\nhost_purge=2d", "2:14"),
      ("host_rule=\n", "2:1"),
    ])
  func noRule(_ text: String, _ place: String) {
    let (configuration, complaints) = read(text)
    #expect(complaints == [])
    #expect(configuration.hasNoRule)
    #expect(
      configuration.advice.map(\.headline.description) == [
        "abl.conf:\(place): warning: neither 'host_rule' nor 'user_rule' is set: no login is ever refused"
      ])
  }

  @Test("warns where no word of a PAM line is a rule, and of no defaults that were never read")
  func noRuleAmongWords() {
    let reader = ConfigurationReader()
    reader.read(argument: Array("debug".utf8), number: 1)
    #expect(
      reader.finish().advice.map(\.headline.description) == [
        "pam argument:1:6: warning: neither 'host_rule' nor 'user_rule' is set: no login is ever refused"
      ])
    #expect(Configuration().advice.isEmpty)
  }

  @Test("warns of a key that is set twice in a file, but not of one that another file overrides")
  func twice() {
    let text = "host_rule=*:1/1h\n# x\nhost_purge = 2d\n  host_rule = *:2/1h\nhost_rule=*:3/1h"
    #expect(
      advice(text) == """
        abl.conf:4:3: warning: 'host_rule' is set in line 1 too; this one holds
          host_rule = *:2/1h
          ^~~~~~~~~
        abl.conf:5:1: warning: 'host_rule' is set in line 4 too; this one holds
        host_rule=*:3/1h
        ^~~~~~~~~
        """)
    let reader = ConfigurationReader()
    reader.read(Array("host_rule=*:1/1h\nconfig=/b\nhost_purge=3d".utf8), file: "/a")
    while let include = reader.nextInclude() {
      reader.read(Array("host_rule=*:2/1h\nhost_purge=2d".utf8), file: include.file)
    }
    reader.read(argument: Array("host_rule=*:3/1h".utf8), number: 1)
    #expect(reader.finish().advice.isEmpty)
  }

  @Test("finds the place in joined lines")
  func joinedAdvice() {
    #expect(
      advice("host_rule = *:10/1h \\\n  gate:5/1m \\\n  *:20/1m") == #"""
        abl.conf:2:3: warning: this is for programs that tell names of hosts: of sshd, a host is its address
          gate:5/1m \
          ^~~~
        abl.conf:3:5: warning: this limit never matters: 10/1h blocks as soon, and for as long
          *:20/1m
            ^~~~~
        """#)
  }

  @Test("says where a command's program and a directory are named")
  func places() {
    let configuration = read(
      "db_home=/a\ndb_home = /b\nhost_block_cmd= x [/bin/a] [b]\nuser_clear_cmd=[/bin/b]"
    ).configuration
    #expect(
      configuration.writtenCommands.map {
        Diagnostic(.warning, $0.command.text, at: $0.place).headline
      }
        == ["abl.conf:3:20: warning: /bin/a", "abl.conf:4:17: warning: /bin/b"])
    #expect(configuration.place(of: .databaseHome)?.line == 2)
    #expect(configuration.place(of: .databaseHome)?.column == 11)
    #expect(configuration.place(of: .runHome) == nil)
  }

  @Test("gives at most 200 pieces of advice, in a moment, whatever the file")
  func manyPieces() {
    let clauses = String(repeating: "@a:1/1s ", count: 2000)
    let lines = String(repeating: "limits=2-2\nhost_purge=2d\n", count: 4000)
    let start = ContinuousClock.now
    for text in ["user_rule=\(clauses)", "host_rule=\(clauses)\n\(lines)", lines] {
      #expect(read(text).configuration.advice.count == 200)
    }
    #expect(ContinuousClock.now - start < .seconds(60))
  }
}
