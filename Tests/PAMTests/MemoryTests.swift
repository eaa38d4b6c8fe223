import Foundation
import Harness
import Testing

/// Logins whose module gets no memory: none ends the program, and each has its verdict and its
/// count.
@Suite("No memory, through the real libpam")
struct MemoryTests {
  /// A login, and what must become of it whatever fails.
  enum Login: CaseIterable {
    case wrong, right, blocked
    /// A wrong one by which its host becomes blocked, and a command is run.
    case blocking
    /// A wrong one for which everything has to be made first.
    case first

    var password: String { self == .right ? "right" : "wrong" }
    var answer: String { self == .right ? "auth 0 SUCCESS" : "auth 7 AUTH_ERR" }
    var judged: Int { self == .blocked ? 0 : 1 }
    var failures: Int { self == .right ? 0 : 1 }
    var limit: Int { self == .blocking ? 1 : 3 }
  }

  /// Which allocations fail.
  enum Failing: String, CaseIterable {
    case one = "ABL_TEST_FAIL_AT"
    case allFromThere = "ABL_TEST_FAIL_FROM"
  }

  private static let blockedHost = "192.0.2.66"

  private static func stack(for login: Login) throws -> Stack {
    let stack = try Stack(
      "host_rule=*:\(login.limit)/1h\nuser_rule=*:5000/1h\nlimits=9000-10000\n"
        + "host_block_cmd=[/bin/true] [%h]\n")
    if login != .first { try warm(stack) }
    return stack
  }

  /// A store, a host that is blocked in it, and a count of what is judged from now on.
  private static func warm(_ stack: Stack) throws {
    for _ in 1...3 { _ = try stack.ablctl("fail", "-H", blockedHost, "-s", "t") }
    _ = try stack.attempts(1, host: "192.0.2.67")
    try stack.write("", to: "judged")
  }

  /// One login in a process of its own.
  private static func run(
    _ login: Login, on stack: Stack, host: String, _ setting: String
  ) throws -> Ended {
    if login == .first {
      for home in ["store", "run"] { try? FileManager.default.removeItem(atPath: stack.path(home)) }
    }
    let libraries = ["nomemory.so", "testshim.so"].map(Stack.support).joined(separator: ":")
    return try stack.drive(
      "auth:\(login.password)", "end", host: login == .blocked ? blockedHost : host,
      under: ["/usr/bin/env", "LD_PRELOAD=\(libraries)", setting])
  }

  /// How many allocations such a login takes, when it gets them all.
  private static func allocations(_ login: Login, on stack: Stack) throws -> Int {
    _ = try run(
      login, on: stack, host: "192.0.2.68", "ABL_TEST_COUNT=\(stack.path("allocations"))")
    let text = try stack.text("allocations").split(separator: "\n").first ?? ""
    return try #require(Int(text))
  }

  @Test(
    "whichever allocation fails, a login is judged and counted as ever", arguments: Login.allCases,
    Failing.allCases)
  func each(_ login: Login, _ failing: Failing) throws {
    let stack = try Self.stack(for: login)
    let all = try Self.allocations(login, on: stack)
    #expect(all > 100)
    // One that fails may have others made in its place.
    for place in stride(from: 1, through: all + 50, by: Effort.isLong ? 1 : 7) {
      let (judged, host) = (try stack.judged, "10.0.\(place / 250).\(place % 250)")
      let outcome = try Self.run(login, on: stack, host: host, "\(failing.rawValue)=\(place)")
      #expect(outcome.status == 0, "\(place): \(outcome)")
      #expect(outcome.lines.first?.hasPrefix(login.answer) == true, "\(place): \(outcome)")
      #expect(try stack.judged - judged == login.judged, "\(place)")
      if login == .first { #expect(try stack.failures(of: "host") == 1, "\(place)") }
    }
    // The one that was to tell how many allocations there are has failed as well.
    try Self.expectCounted(login, stack.judged - 1, stack)
  }

  /// Each host that failed, `count` of them, has its one failure; and the store is sound.
  private static func expectCounted(_ login: Login, _ count: Int, _ stack: Stack) throws {
    let listed = try JSONLines.decode(
      ListedSubject.self, from: stack.ablctl("list", "--json").output)
    let hosts = listed.filter { $0.kind == "host" && $0.name.hasPrefix("10.0.") }
    #expect(hosts.allSatisfy { $0.failures == login.failures }, "\(hosts)")
    if login == .wrong || login == .blocking { #expect(hosts.count == count) }
    #expect(try stack.attempts(1, "right", user: "eve", host: "10.9.9.9") == ["0"])
  }

  @Test("threads without any memory at all share what there is")
  func threads() throws {
    let stack = try Self.stack(for: .wrong)
    try stack.configure("host_rule=*:3/1h\nlock_timeout=60s\n")
    let libraries = ["nomemory.so", "testshim.so"].map(Stack.support).joined(separator: ":")
    let words = ["LD_PRELOAD=\(libraries)", "\(Failing.allFromThere.rawValue)=1"]
    let program = [Stack.support("threads"), stack.path("pam.d"), "t", "16", "20"]
    let outcome = try stack.run("/usr/bin/env", words + program)
    #expect(outcome.lines == ["7 320"], "\(outcome)")
    try Self.expectCounted(.wrong, 320, stack)
  }

  @Test("a limit on its address space doesn't end the program", arguments: ["right", "wrong"])
  func addressSpace(password: String) throws {
    let stack = try Stack("host_rule=*:1000/1h\nuser_rule=*:1000/1h\n")
    try stack.write("auth required \(Stack.check) password=right\n", to: "pam.d/plain")
    _ = try stack.attempts(3)
    var denied = 0
    for kilobytes in stride(from: 3000, through: 9000, by: Effort.isLong ? 25 : 175) {
      func login(_ service: String) throws -> Ended {
        try stack.drive(
          "auth:\(password)", "end", options: ["--no-delay", "--service", service],
          under: ["/bin/sh", "-c", "ulimit -v \(kilobytes); exec \"$@\"", "sh"])
      }
      let (plain, ours) = (try login("plain"), try login("t"))
      guard plain.lines.first?.hasPrefix("auth") == true else { continue }
      #expect(ours.status == 0, "\(kilobytes): \(ours)")
      let isSame = plain.lines.first?.prefix(6) == ours.lines.first?.prefix(6)
      if !isSame { denied += 1 }
      // What couldn't be written doesn't pile up.
      _ = try stack.attempts(1, "right", user: "eve", host: "10.9.9.9")
    }
    // Where there is no room for the module itself, libpam says so.
    #expect(denied <= (Effort.isLong ? 6 : 2))
  }

  @Test(
    "nor does one on its data, with a large configuration, and none is let in by that",
    arguments: ["allow", "deny"])
  func largeConfiguration(onError: String) throws {
    let networks = (0..<3600).map { "10.\($0 / 250).\($0 % 250).0/24" }.joined(separator: ";")
    let stack = try Stack("host_whitelist=\(networks)\n", words: "on_error=\(onError)")
    try stack.write("auth required \(Stack.check) password=right\n", to: "pam.d/plain")
    _ = try stack.attempts(1)
    var codes: [Substring: Int] = [:]
    for kilobytes in stride(from: 200, through: 4000, by: Effort.isLong ? 50 : 200) {
      func login(_ service: String) throws -> Ended {
        try stack.drive(
          "auth:right", "end", options: ["--no-delay", "--service", service],
          under: ["/bin/sh", "-c", "ulimit -d \(kilobytes); exec \"$@\"", "sh"])
      }
      guard try login("plain").lines.first?.hasPrefix("auth 0") == true else { continue }
      let ours = try login("t")
      #expect(ours.status == 0, "\(kilobytes): \(ours)")
      codes[ours.lines.first?.prefix(6) ?? "", default: 0] += 1
    }
    #expect(codes["auth 0", default: 0] > 0)
    let isDenied = codes["auth 7", default: 0] > 0
    if geteuid() == 0 { #expect(isDenied == (onError == "deny"), "\(codes)") }
    #expect(try stack.log.contains { $0.contains("Cannot allocate memory") })
  }
}
