import Policy
import Testing

@testable import Administration

@Suite struct ExplainTests {
  private let machine = Machine(
    "host_rule = *:3/1h,5/1d\nuser_rule = !root/ftp:2/1d\nhost_whitelist = 10.0.0.0/8\n")
  private let now = Timestamp.now

  @Test("tells each limit, what counts for it, and until when it blocks") func blocked() throws {
    try machine.fail(host: "192.0.2.7", user: "bob", at: now.adding(-7200))
    try machine.fail(host: "192.0.2.7", user: "eve", at: now.adding(-60), times: 3)
    let (first, last) = (CivilTime(now.adding(-7200)).text, CivilTime(now.adding(-60)).text)
    let until = CivilTime(now.adding(3541)).text
    let eve = "     \(last)  sshd          eve                             failed"
    let bob = "     \(first)  sshd          bob                             failed"
    let ended = machine.ablctl("explain", "--all", "192.0.2.7")
    #expect(ended.status == 0)
    #expect(
      ended.lines.dropFirst().map { String($0) } == [
        "  *:3/1h: 3 of 3 attempts count, blocks until \(until)", eve, eve, eve,
        "  *:5/1d: 4 of 5 attempts count, 1 more would block", bob, eve, eve, eve,
      ])
    #expect(ended.lines[0].hasPrefix("host 192.0.2.7: blocked by *:3/1h until \(until) (in "))
    let json = machine.ablctl("explain", "192.0.2.7", "--json")
    #expect(
      json.output.hasPrefix(#"{"kind":"host","name":"192.0.2.7","blocked":true,"rule":"*:3/1h","#))
    #expect(
      json.output.contains(
        #""allowedBy":[],"decree":null,"inFlight":0,"onRecord":4,"counterparts":[{"name":"eve","attempts":3,"members":1},"#
          + #"{"name":"bob","attempts":1,"members":1}],"limits":[{"limit":"3/1h","rule":"*:3/1h","#)
    )
    #expect(json.output.contains(#""failures":5,"counted":4,"until":null,"attempts":[{"time":""#))
  }

  @Test(
    "says that nothing is known of what there is none of", arguments: ["--network", "--caller"])
  func unknown(kind: String) {
    let ended = machine.ablctl("explain", kind, "nosuchuser")
    let error = "ablctl: nothing is known of 'nosuchuser'\n"
    #expect(ended == Ended(status: 0, output: "", error: error))
  }

  @Test("names the keys that there are, of a network and of a user at home") func keys() throws {
    let machine = Machine(
      "network_rule = /24:9/1h\nhost_rule = *:9/1h\nhost_whitelist = 192.0.2.0/24\n"
        + "user_known = 30d\n")
    let network = machine.ablctl("explain", "192.0.2.0/24").lines
    #expect(
      network.contains("  host_whitelist has 192.0.2.0/24: never blocked, and not counted"))
    let home = machine.ablctl("explain", "--user", "alice@192.0.2.0/24").lines
    #expect(home.contains("  no limit of user_rule is for it"))
  }

  @Test("tells which block it is, until when it lasts, and what the next one would be")
  func growing() throws {
    let machine = Machine("host_rule = *:3/1m\nhost_block = 10m,1h,1d\nhost_purge = 2h\n")
    try machine.fail(host: "192.0.2.7", user: "bob", at: now.adding(-900), times: 3)
    let remembered = CivilTime(now.adding(-300 + 7200)).text
    #expect(
      machine.ablctl("explain", "192.0.2.7").lines.dropFirst().first
        == "  a block that begins until \(remembered) is the second one, and lasts 1h at least")
    try machine.fail(host: "192.0.2.7", user: "bob", at: now.adding(-120), times: 3)
    let (since, until) = (CivilTime(now.adding(-120)).text, CivilTime(now.adding(3480)).text)
    let ended = machine.ablctl("explain", "192.0.2.7")
    #expect(ended.lines[0].hasPrefix("host 192.0.2.7: blocked by *:3/1m until \(until) (in "))
    #expect(
      ended.lines[1] == "  second block, since \(since): host_block has it last 1h at least, "
        + "the next one 1d")
    #expect(machine.ablctl("explain", "192.0.2.7", "--json").output.contains(#""block":2"#))
    #expect(machine.ablctl("list", "--json").output.contains(#""block":2"#))
    #expect(machine.ablctl("check", "192.0.2.7").status == 2)
  }

  @Test("tells the entry that lets pass, that no limit is meant, and who is in flight")
  func others() throws {
    #expect(
      machine.ablctl("explain", "10.1.2.3").output == """
        host 10.1.2.3: clear, on the allow list
          host_whitelist has 10.0.0.0/8: never blocked, and not counted
          *:3/1h: 0 of 3 attempts count, doesn't block
          *:5/1d: 0 of 5 attempts count, doesn't block

        """)
    #expect(
      machine.ablctl("explain", "--user", "root", "-s", "ftp").output
        == "user root: clear for ftp\n  no limit of user_rule is for it\n")
    _ = try machine.blockList.admit(.init(host: "192.0.2.9", user: "zoe"), at: now)
    #expect(
      machine.ablctl("explain", "zoe").lines.last
        == "  1 attempt in flight: if it fails it counts too")
  }

  @Test("doesn't say of who is on the allow list that a limit blocks") func allowed() throws {
    let other = Machine("host_rule = *:3/1h,9/1d\n")
    try other.fail(host: "10.1.2.3", user: nil, at: now, times: 4)
    other.configure(
      "db_home = \(other.directory)/db\nrun_home = \(other.directory)/run\n"
        + "host_rule = *:3/1h,9/1d\nhost_whitelist = 10.0.0.0/8\n")
    let lines = other.ablctl("explain", "10.1.2.3").lines
    let until = CivilTime(now.adding(3601)).text
    #expect(lines[0] == "host 10.1.2.3: clear, on the allow list")
    #expect(lines[2] == "  *:3/1h: 4 of 3 attempts would count, would block until \(until)")
    #expect(lines.contains("  *:9/1d: 4 of 9 attempts count, doesn't block"))
    let json = other.ablctl("explain", "10.1.2.3", "--json").output
    #expect(json.contains(#""standing":"allowed""#))
    #expect(json.contains(#""counted":4,"until":null"#))
    #expect(!json.contains(#""until":""#))
  }

  @Test("in short, answers in the first line, sums up who was tried, and shows the last five")
  func short() throws {
    for (user, times) in [("root", 4), ("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)] {
      try machine.fail(host: "192.0.2.7", user: user, at: now.adding(-60), times: times)
    }
    let lines = machine.ablctl("explain", "192.0.2.7").lines
    #expect(lines[0].hasPrefix("host 192.0.2.7: blocked by *:5/1d until "))
    #expect(lines[1].hasPrefix("  *:3/1h: 9 of 3 attempts count, blocks until "))
    #expect(
      lines[3] == "  for 6 users: root (4), a (1), b (1), c (1), d (1), and 1 other (1)")
    #expect(lines[4] == "  the last 5 of 9 on record:")
    #expect(lines[5].hasSuffix("  sshd          e                               failed"))
    #expect(lines.count == 11)
    #expect(lines.last == "  '--all' has each that counts")
    #expect(machine.ablctl("explain", "root").lines.contains("  from 1 host: 192.0.2.7 (4)"))
  }

  @Test("puts hosts together by their networks where they are many") func networks() throws {
    for number in 1...7 {
      try machine.fail(host: "198.51.100.\(number)", user: "bob", at: now)
      try machine.fail(host: "2001:db8:0:\(number)::1", user: "bob", at: now)
    }
    try machine.fail(host: "203.0.113.9", user: "bob", at: now)
    let networks =
      "2001:db8::/48 (7 by 7 hosts), 198.51.0.0/16 (7 by 7 hosts), 203.0.0.0/16 (1)"
    let sentence = try #require(
      machine.ablctl("explain", "bob").lines.first { $0.hasPrefix("  from ") })
    #expect(sentence.hasPrefix("  from 15 hosts: "))
    for part in networks.split(separator: ", ") { #expect(sentence.contains(part), "\(sentence)") }
  }

  @Test("says which name may have been meant") func meant() throws {
    try machine.fail(host: nil, user: "alice", at: now)
    #expect(
      machine.ablctl("explain", "alcie").error
        == "ablctl: nothing is known of 'alcie'; did you mean 'alice'?\n")
    for command in ["show", "unblock"] {
      #expect(
        machine.ablctl(command, "Alise").error
          == "ablctl: nothing is known of 'Alise'; did you mean 'alice'?\n")
    }
    #expect(machine.ablctl("show", "bob").error == "ablctl: nothing is known of 'bob'\n")
    try machine.fail(host: "192.0.2.7", user: nil, at: now)
    #expect(
      machine.ablctl("show", "192.0.2.8").error == "ablctl: nothing is known of '192.0.2.8'\n")
  }

  @Test("names in the headline the limit that ends last") func headline() throws {
    let other = Machine("user_rule = !root:2/1h,4/1d\n")
    try other.fail(host: nil, user: "admin", at: now, times: 5)
    let until = CivilTime(now.adding(86_401)).text
    let headline = "user admin: blocked by !root:4/1d until \(until) (in 24 h)"
    let lines = other.ablctl("explain", "admin").lines
    #expect(lines[0] == headline)
    #expect(lines.contains("  !root:4/1d: 5 of 4 attempts count, blocks until \(until)"))
    #expect(other.ablctl("show", "admin").lines[0] == headline)
    #expect(other.ablctl("check", "-U", "admin").lines == [headline])
    #expect(other.ablctl("list").lines[1].hasSuffix("blocked by !root:4/1d, ends in 24 h"))
  }
}
