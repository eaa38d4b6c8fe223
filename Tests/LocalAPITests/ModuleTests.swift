import Foundation
import Harness
import Testing

/// The built pam_abl.so in a program that is not root, under the real libpam: it asks the API.
@Suite(
  "The module in a program that is not root", .serialized,
  .enabled(if: Rootless.isThere, "needs root, to be another user, and `make`"))
struct ModuleTests {
  @Test("what it guesses wrong is counted, and at the limit it is refused, whatever it answers")
  func counted() throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    #expect(try program.attempts(3) == ["AUTH_ERR", "AUTH_ERR", "AUTH_ERR"])
    #expect(try program.refuses("host=192.0.2.7"))
    #expect(try program.attempts(2, "right") == ["AUTH_ERR", "AUTH_ERR"])
    #expect(try program.judged == 3)
    // The same machine's other hosts get in.
    #expect(try program.attempts(1, "right", host: "192.0.2.8") == ["SUCCESS"])
    let refusals = try program.log.filter { $0.contains("refusing") }
    let start = "<notice> refusing user 'joe' from 192.0.2.7 for t: "
    #expect(refusals.count == 2 && refusals.allSatisfy { $0.hasPrefix(start) })
    #expect(try program.log.count == 2)
  }

  @Test("right passwords never count", arguments: ["1", "64"]) func right(atOnce: String) throws {
    let program = try Rootless("host_rule = *:3/1h\nuser_rule = *:3/1h\npending_wait = 60s\n")
    let times = atOnce == "1" ? "20" : "1"
    let options = ["--quiet", "--tally", "--parallel", atOnce, "--attempts", times]
    let outcome = try program.drive("auth:right", "setcred", "acct", "end", options: options)
    #expect(outcome.output == "tally SUCCESS \(atOnce == "1" ? "20" : "64")\n")
    #expect(try program.attempts(2) == ["AUTH_ERR", "AUTH_ERR"])
    #expect(try !program.refuses("host=192.0.2.7"))
    #expect(try program.log == [])
  }

  @Test("of 64 wrong ones at once exactly as many are judged as the limit says") func crowd() throws
  {
    let program = try Rootless("host_rule = *:10/1h\npending_wait = 60s\n")
    _ = try program.drive("auth:wrong", "end", options: ["--quiet", "--parallel", "64"])
    #expect(try program.judged == 10)
    #expect(try program.refuses("host=192.0.2.7"))
  }

  @Test(
    "where as many are judged as may fail it waits for 'pending_wait', and is refused, uncounted")
  func full() throws {
    let program = try Rootless("host_rule = *:2/1h\npending_wait = 200ms\n")
    let held = try [program.attempt(), program.attempt()]
    // Where its question fails, a judge has no verdict, but an error of its own.
    #expect(try program.attempts(1, "right") == ["AUTHTOK_ERR"])
    let reason = "abld says that as many attempts are in flight as may still fail"
    #expect(try program.log.map { $0.hasSuffix(reason) } == [true])
    for one in held { #expect(try program.settle(one, "succeeded") == 204) }
    #expect(try program.attempts(1, "right") == ["SUCCESS"])
    #expect(try program.judged == 1)
  }

  @Test("an attempt that is judged for longer than abld reserves it counts all the same")
  func lapsed() throws {
    let words = ["report=www-data:t", "look-ms=20000", "verdict=1"]
    let program = try Rootless("host_rule = *:1/1h\n", words, check: "delay=2500")
    #expect(try program.attempts(1) == ["AUTH_ERR"])
    #expect(try program.refuses("host=192.0.2.7"))
  }

  @Test("who comes without a password is refused by the account line, if the host is blocked")
  func account() throws {
    let program = try Rootless("host_rule = *:1/1h\n")
    #expect(try program.drive("acct", "end").lines.first?.contains("acct 0 SUCCESS") == true)
    #expect(try program.attempts(1) == ["AUTH_ERR"])
    #expect(try program.drive("acct", "end").lines.first?.contains("PERM_DENIED") == true)
  }

  @Test(
    "a name is its bytes, whatever they are, up to 255 of them",
    arguments: [
      "%22%5C%0A%0D%01", "%FF%FE%C3", "j%C3%B6rg",
      "%20%3F%26user_hex=61%20HTTP/1.1%0D%0A%0D%0A", String(repeating: "a", count: 255),
      String(repeating: "%FF", count: 255), String(repeating: "%22", count: 255),
    ])
  func names(name: String) throws {
    let program = try Rootless("user_rule = *:2/1h\n")
    #expect(try program.attempts(3, user: name, host: nil) == ["AUTH_ERR", "AUTH_ERR", "AUTH_ERR"])
    #expect(try program.judged == 2)
    let hex = Self.bytes(name).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(try program.refuses("user_hex=\(hex)"))
    // One that differs in its last byte is another one.
    #expect(try !program.refuses("user_hex=\(hex.dropLast(2))7e"))
    #expect(try program.attempts(1, "right", user: "other", host: nil) == ["SUCCESS"])
  }

  /// What pamdrive makes of a step.
  private static func bytes(_ name: String) -> [UInt8] {
    var (bytes, rest) = ([UInt8](), Substring(name))
    while let first = rest.popFirst() {
      if first == "%" {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      } else {
        bytes += Array(String(first).utf8)
      }
    }
    return bytes
  }

  @Test("threads ask at once, each for itself, and no descriptor stays open") func threads() throws
  {
    let program = try Rootless("user_rule = bob:40/1h\n")
    let outcome = try program.run("threads", [program.path("pam.d"), "t", "8", "10"])
    // One more than 40 can be judged only if two are in the same place of the count.
    #expect(outcome.lines == ["7 80"], "\(outcome)")
    #expect(try program.judged == 40)
    let count = "during:ls /proc/$PPID/fd | wc -l >>\(program.path("judged"))"
    try program.write("", to: "judged", mode: 0o666)
    _ = try program.drive(count, "repeat:20{", "auth:right", "end", "start", "}", user: "eve")
    let counts = try program.text("judged").split(separator: "\n").filter { !$0.contains(" ") }
    #expect(counts.count == 20 && Set(counts).count == 1, "\(counts)")
  }
}

/// Where abld says nothing that can be relied on, all is as if it weren't there.
@Suite(
  "The module in a program that is not root, without a word of abld", .serialized,
  .enabled(if: Rootless.isThere, "needs root, to be another user, and `make`"))
struct ModuleAloneTests {
  private func expectAlone(
    _ program: Rootless, _ complaint: String, isPatient: Bool = false,
    _ place: SourceLocation = #_sourceLocation
  ) throws {
    let before = try program.judged
    let wrong = try program.attempts(4, isPatient: isPatient)
    #expect(wrong == Array(repeating: "AUTH_ERR", count: 4), sourceLocation: place)
    let right = try program.attempts(1, "right", isPatient: isPatient)
    #expect(right == ["SUCCESS"], sourceLocation: place)
    #expect(try program.judged - before == 5, sourceLocation: place)
    let log = try program.log
    #expect(log.count == 5, "once for each login: \(log)", sourceLocation: place)
    let start = "<warning> not root, letting the stack decide: "
    #expect(
      log.allSatisfy { $0.hasPrefix(start) && $0.contains(complaint) }, "\(log)",
      sourceLocation: place)
  }

  @Test("without abld the stack decides, and a warning says why") func absent() throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.kill()
    try expectAlone(program, "Permission denied")
    unlink(program.socket)
    try program.write("", to: "syslog", mode: 0o666)
    try expectAlone(program, "Permission denied")
  }

  @Test("while abld is stopped the stack decides") func stopped() throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.process?.stop()
    try expectAlone(program, "doesn't answer in time")
    program.process?.resume()
    try program.write("", to: "syslog", mode: 0o666)
    #expect(try program.attempts(1, "right") == ["SUCCESS"])
    #expect(try program.log == [])
  }

  @Test(
    "if abld ends while the prompt is open, the answer is judged by the stack",
    arguments: ["wrong", "right"])
  func endedMeanwhile(password: String) throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    try program.write("", to: "asked", mode: 0o666)
    let (asked, go) = (program.path("asked"), program.path("go"))
    let wait = "during:echo >>\(asked); while [ ! -e \(go) ]; do sleep 0.01; done"
    let login = try program.begin(wait, "auth:\(password)", "end")
    try waitUntil("it is asked") { try !program.text("asked").isEmpty }
    program.kill()
    try program.write("", to: "go", mode: 0o644)
    #expect(login.line()?.contains(password == "right" ? "SUCCESS" : "AUTH_ERR") == true)
    #expect(try program.judged == 1)
    let start = "<warning> not root, letting the stack decide: "
    #expect(try program.log.first?.hasPrefix(start) == true)
    // That of a right one is nothing to be told.
    #expect(try program.log.count { $0.hasPrefix("<err>") } == (password == "right" ? 0 : 1))
  }

  @Test("what another user listens at is not believed") func foreign() throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.kill()
    let fake = Repository.file("Tests/Support/fakeapi")
    // The same answer by root's is one.
    let own = try Child([fake, program.socket, "refusal"])
    #expect(own.line() == "ready")
    #expect(try program.attempts(1, "right") == ["AUTH_ERR"])
    own.end()
    unlink(program.socket)
    try program.write("", to: "judged", mode: 0o666)
    try program.write("", to: "syslog", mode: 0o666)
    chmod(program.directory, 0o777)
    let another = ["/usr/bin/setpriv", "--reuid", "nobody", "--clear-groups"]
    // It can't get to where the project lies, if that is root's home.
    try FileManager.default.copyItem(atPath: fake, toPath: program.path("fakeapi"))
    let other = try Child(another + [program.path("fakeapi"), program.socket, "refusal"])
    #expect(other.line() == "ready")
    try expectAlone(program, "is not root's")
  }

  @Test(
    "what is no answer is none",
    arguments: ["empty", "silent", "slow", "noise", "endless", "error", "late"])
  func odd(kind: String) throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.kill()
    let fake = try Child([Repository.file("Tests/Support/fakeapi"), program.socket, kind])
    #expect(fake.line() == "ready")
    try expectAlone(program, program.socket)
  }

  @Test(
    "a reservation without a number is none, and its attempt is judged by the stack",
    arguments: ["fine", "number"])
  func unnumbered(kind: String) throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.kill()
    let fake = try Child([Repository.file("Tests/Support/fakeapi"), program.socket, kind])
    #expect(fake.line() == "ready")
    #expect(try program.attempts(1, "right") == ["SUCCESS"])
    #expect(try program.attempts(1) == ["AUTH_ERR"])
    #expect(try program.judged == 2)
    #expect(try program.log.allSatisfy { $0.hasPrefix("<warning> not root, ") })
  }

  @Test("where it was full, silence opens nothing: a crowd must not get in because it is one")
  func full() throws {
    let program = try Rootless("host_rule = *:3/1h\n")
    program.kill()
    let fake = try Child([Repository.file("Tests/Support/fakeapi"), program.socket, "full"])
    #expect(fake.line() == "ready")
    // Long enough for a busy machine to say what it says before it is silent.
    program.patience = 5000
    #expect(try program.attempts(1) == ["AUTHTOK_ERR"])
    #expect(try program.judged == 0)
  }

  @Test("a user that may not report is told which line in abld.conf lets it")
  func notPermitted() throws {
    let program = try Rootless("host_rule = *:3/1h\n", [])
    try expectAlone(program, "'report = 33:t' in abld.conf", isPatient: true)
    #expect(try !program.refuses("host=192.0.2.7"))
  }

  @Test("a screen locker, which judges its own user, needs no right: it is counted, and refused")
  func locker() throws {
    let program = try Rootless("user_rule = *:3/1h\n", as: "games", [])
    let wrong = try program.attempts(4, user: "games", host: nil)
    #expect(wrong == Array(repeating: "AUTH_ERR", count: 4))
    #expect(try program.judged == 3)
    #expect(try program.refuses("user=games"))
    program.kill()
    try program.write("", to: "syslog", mode: 0o666)
    #expect(try program.attempts(1, "right", user: "games", host: nil) == ["SUCCESS"])
    // Of that an administrator need not hear.
    #expect(try program.log.allSatisfy { $0.hasPrefix("<debug>") })
  }
}
