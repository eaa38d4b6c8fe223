import Foundation
import Harness
import Testing

/// Bad input: what happens is said in the log, and the login neither crashes nor hangs.
@Suite("Trouble, through the real libpam")
struct TroubleTests {
  @Test("a mistake in the configuration is logged with its place, and what parses stays in force")
  func brokenConfiguration() throws {
    let stack = try Stack("host_rule=*:2/1hour\nuser_rule=*:2/1h oops\nfoo=1\n")
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.judged == 2)
    let file = stack.path("pam_abl.conf")
    #expect(
      try Array(stack.log.prefix(3)) == [
        "\(file):3:16: error: unknown unit; use 's', 'm', 'h' or 'd'",
        "\(file):4:22: error: expected ':' and a limit, like ':10/1h'",
        "\(file):5:1: error: unknown key",
      ])
  }

  @Test("a configuration that isn't there lets the stack decide, and says so")
  func missingConfiguration() throws {
    let stack = try Stack()
    try FileManager.default.removeItem(atPath: stack.path("pam_abl.conf"))
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(try stack.attempts(1, "wrong") == ["7"])
    let path = stack.path("pam_abl.conf")
    #expect(
      try stack.log.contains { $0.contains("cannot open '\(path)': No such file or directory") })
  }

  @Test("a configuration that others may write to is not believed")
  func writableConfiguration() throws {
    let stack = try Stack("host_rule=*:1/1h\n")
    chmod(stack.path("pam_abl.conf"), 0o666)
    #expect(try stack.attempts(3, "right") == ["0", "0", "0"])
    #expect(try stack.log.contains { $0.contains("cannot trust '\(stack.path("pam_abl.conf"))'") })
  }

  @Test("a store directory that is missing is made; its parent is not")
  func missingStore() throws {
    let stack = try Stack()
    _ = try stack.attempts()
    #expect(try stack.failures(of: "host") == 1)
    try stack.configure("host_rule=*:1/1h\ndb_home=\(stack.path("no/where"))\n")
    #expect(try stack.attempts(1, "right") == ["0"])
    #expect(!stack.exists("no"))
  }

  @Test(
    "with 'on_error = deny' a store that can't be used refuses everybody",
    .enabled(if: geteuid() == 0))
  func deny() throws {
    let stack = try Stack("on_error=deny\ndb_home=/nowhere/at/all\n")
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(
      try stack.log.last
        == "refusing: cannot create '/nowhere/at/all': No such file or directory")
  }

  @Test(
    "with 'on_error = deny' a file that the configuration names, is there and can't be read, too",
    .enabled(if: geteuid() == 0))
  func unreadableInclude() throws {
    let stack = try Stack()
    try stack.write("host_rule=*:2/1h\n", to: "more.conf")
    chmod(stack.path("more.conf"), 0o666)
    for (onError, codes) in [("allow", ["0", "0"]), ("deny", ["7", "7"])] {
      try stack.configure("on_error=\(onError)\nconfig=\(stack.path("more.conf"))\n")
      #expect(try stack.attempts(2, "right") == codes)
      #expect(try stack.log.contains { $0.contains("cannot trust '\(stack.path("more.conf"))'") })
    }
    chmod(stack.path("more.conf"), 0o644)
    #expect(try stack.attempts(1, "right") == ["0"])
  }

  @Test(
    "a store that can't be used when it is asked, but at the verdict: the failure counts",
    .enabled(if: geteuid() == 0))
  func troubleAtAdmission() throws {
    let stack = try Stack("user_rule=*:9/1h\n")
    _ = try stack.attempts(1, user: "alice")
    let (store, away) = (stack.path("store"), stack.path("away"))
    try stack.write("#!/bin/sh\nrm \(store) && mv \(away) \(store)\n", to: "repair")
    chmod(stack.path("repair"), 0o755)
    try stack.services(
      "auth required \(Stack.module) config=\(stack.path("pam_abl.conf"))",
      "auth optional \(Stack.check) password=right",
      "auth optional pam_exec.so quiet \(stack.path("repair"))",
      "auth required \(Stack.check) password=right noprompt")
    for (password, status) in [("wrong", "7"), ("right", "0")] {
      try FileManager.default.moveItem(atPath: store, toPath: away)
      try stack.write("", to: "store")
      #expect(try stack.attempts(1, password) == [status])
      #expect(try stack.failures(of: "user") == 2, "alice's, and the wrong one")
    }
    let said = "letting the stack decide: cannot open '\(store)': Not a directory"
    #expect(try stack.log.filter { $0.contains("store") } == [said, said])
  }

  @Test(
    "where libpam can't be made to tell the verdict, 'on_error' decides",
    .enabled(if: geteuid() == 0),
    arguments: [("allow", "0", "letting the stack decide"), ("deny", "7", "refusing")])
  func unarmable(_ onError: String, _ status: String, _ what: String) throws {
    let stack = try Stack("user_rule=*:9/1h\non_error=\(onError)\n")
    let preload = "\(Stack.support("testshim.so")) \(Stack.support("unarmable.so"))"
    let outcome = try stack.run(
      "env", ["LD_PRELOAD=\(preload)", "sh", "-c", "exec \(stack.command("auth:right", "end"))"])
    #expect(outcome.lines.contains { $0.hasPrefix("auth \(status)") }, "\(outcome)")
    let reason = "cannot learn whether an answer is right: Memory buffer error"
    #expect(try stack.log.first == "\(what): \(reason)")
  }

  @Test(
    "a store that can't be read is moved aside, and a fresh one counts on",
    arguments: [
      ("garbage", Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 11) })),
      ("nothing", Data()),
      ("a text", Data("this is no store\n".utf8)),
      ("zeros", Data(count: 100_000)),
    ])
  func badStore(_ name: String, _ content: Data) throws {
    let stack = try Stack()
    _ = try stack.attempts()
    _ = try stack.ablctl("purge")  // brings it into the store
    try content.write(to: stack.file("store/data.mdb"))
    #expect(try stack.attempts(1, "wrong") == ["7"])
    #expect(try stack.failures(of: "host") == 1)
    #expect(try stack.attempts(1, "right") == ["0"])
    let aside = try FileManager.default.contentsOfDirectory(atPath: stack.path("store"))
      .filter { $0.hasPrefix("data.mdb.damaged-") }
    #expect(aside.count == 1)
    let kept = try #require(aside.first)
    #expect(try Data(contentsOf: stack.file("store/\(kept)")) == content)
    #expect(try stack.log.filter { $0.contains("moved aside as") }.count == 1)
  }

  @Test("a store that was cut off at any page is moved aside, and no login is hurt")
  func truncatedStore() throws {
    let stack = try Stack("host_rule=*:1000/1h\nmax_size=1M\n")
    _ = try stack.attempts(30)
    let whole = try Data(contentsOf: stack.file("store/data.mdb"))
    for length in stride(from: 1, to: whole.count, by: 4 * 4095) {
      try whole.prefix(length).write(to: stack.file("store/data.mdb"))
      #expect(try stack.attempts(1, "wrong") == ["7"], "\(length) bytes")
      #expect(try stack.attempts(1, "right") == ["0"], "\(length) bytes")
    }
  }

  @Test("names of any length and of any bytes are counted, and shown harmless")
  func hostileNames() throws {
    let stack = try Stack("host_rule=*:100/1h\nuser_rule=*:2/1h\n")
    let names = ["a%0Ab", "%1B[2J", "%FF%FE", "%25s%25n", "x%20y", "%C2%9B31m"]
    for name in names {
      #expect(try stack.attempts(3, user: name) == ["7", "7", "7"])
      #expect(try stack.attempts(1, "right", user: name) == ["7"])
    }
    #expect(try stack.judged == 2 * names.count)
    #expect(try stack.text("syslog").contains("user 'a\\x0ab' is blocked by *:2/1h"))
    #expect(try !stack.text("syslog").contains("\u{1B}"))
    #expect(try stack.failures(of: "user") == 2 * names.count)
  }

  @Test("a name of 100 kB is counted as one name, and another that begins alike as another")
  func longName() throws {
    let stack = try Stack("user_rule=*:2/1h\n")
    for letter in ["a", "b"] {
      let name = "user-bytes:100000:\(letter)"
      let outcome = try stack.drive(
        name, "auth:wrong", "auth:wrong", "auth:wrong", "end", user: nil)
      #expect(outcome.lines.filter { $0.hasPrefix("auth 7") }.count == 3, "\(outcome)")
    }
    #expect(try stack.judged == 4)
    #expect(try stack.failures(of: "user") == 4)
  }

  @Test("an empty name is nobody's; the host is counted all the same")
  func emptyName() throws {
    let stack = try Stack("host_rule=*:2/1h\nuser_rule=*:1/1h\n")
    #expect(try stack.attempts(3, user: "") == ["7", "7", "7"])
    #expect(try stack.judged == 2)
    #expect(try stack.failures(of: "user") == 0)
  }

  @Test("the console has no host, so no host rule blocks it", arguments: [nil, "", "UNKNOWN"])
  func console(_ host: String?) throws {
    let stack = try Stack("host_rule=*:1/1h\n")
    #expect(try stack.attempts(3, host: host) == ["7", "7", "7"])
    #expect(try stack.attempts(1, "right", host: host) == ["0"])
    #expect(try stack.failures(of: "host") == 0)
  }

  @Test("one host, however its address is spelt")
  func spellings() throws {
    let stack = try Stack("host_rule=*:3/1h\n")
    _ = try stack.attempts(1, host: "::ffff:192.0.2.7")
    _ = try stack.attempts(1, host: "192.0.2.7")
    let options = ["--no-delay", "--ssh-connection", "192.0.2.7 1000 192.0.2.1 22"]
    _ = try stack.drive("auth:wrong", "end", host: "a.name.example", options: options)
    #expect(try stack.attempts(1, "right") == ["7"])
    #expect(try stack.failures(of: "host") == 3)
  }
}
