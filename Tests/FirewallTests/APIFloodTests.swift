import Foundation
import Harness
import Testing

/// An abld in whose API clients of three users do their worst, while logins fail elsewhere.
@Suite(
  "In a flood at the local API", .serialized,
  .enabled(if: Flood.isPossible, "needs root, for a network of its own, and `make`"))
struct APIFloodTests {
  @Test("the look and the firewall miss nothing, memory and descriptors are bounded, and it ends")
  func flood() throws {
    try OwnNetwork.run {
      let hosts = Effort.isLong ? 300 : 20
      let daemon = try RunningDaemon(settings: [
        "report = www-data:nginx; mail:imap", "look = games",
      ])
      let flood = try Flood(daemon)
      try flood.begin()
      let before = try flood.counts()
      try flood.logInWrongly(from: hosts)
      // Others of the API have their turn, too.
      for number in 1...5 {
        for _ in 0..<3 { try flood.report("198.51.100.\(number)") }
        #expect(try daemon.comes("198.51.100.\(number)", port: 143), "\(number): \(daemon.log)")
      }
      for number in 0..<hosts {
        #expect(try daemon.comes("11.0.\(number / 256).\(number % 256)"), "\(number)")
      }
      // Some say something once a second only.
      for (index, attack) in flood.attacks.enumerated() {
        var last: [String: Int] = [:]
        let hasGoneOn = try eventually {
          last = try flood.counts()[index]
          return attack.hasGoneOn(from: before[index], to: last)
        }
        #expect(hasGoneOn, "\(attack): \(before[index]), \(last)")
      }
      try flood.expectSlowOnesEnded()
      // Of imap there are two ports.
      #expect(eventually { daemon.state["blocks"] == String(hosts + 10) }, "\(daemon.state)")
      for (key, value) in ["left_out": "0", "rebuilds": "0", "trouble": "", "store_trouble": ""] {
        #expect(daemon.state[key] == value, "\(key): \(daemon.state)")
      }
      try flood.expectBounds()
      try flood.expectItEnds()
      print("a flood at the API: \(hosts + 5) blocks of \(hosts + 5) came; \(flood.figures)")
    }
  }
}

/// The clients, and what abld is counted by meanwhile.
private final class Flood {
  /// What one program does; Tests/Support/apiflood tells more of it.
  struct Attack: CustomStringConvertible {
    let kind, user: String
    let count: Int
    var description: String { "\(count) \(kind) of \(user)" }

    /// Whether it did more between two counts.
    func hasGoneOn(from first: [String: Int], to last: [String: Int]) -> Bool {
      let word = kind == "requests" ? "answers" : kind == "connections" ? "opened" : "sent"
      guard let begun = first[word], let now = last[word] else { return false }
      return kind == "connections" ? now == count : now > begun
    }
  }

  static let isPossible =
    OwnNetwork.isAvailable
    && ["pam/pam_abl.so", "support/attempts"].allSatisfy {
      access(Repository.build.appendingPathComponent($0).path, R_OK) == 0
    }

  let attacks =
    Effort.isLong
    ? [
      Attack(kind: "requests", user: "www-data", count: 64),
      Attack(kind: "requests", user: "daemon", count: 64),
      Attack(kind: "heads", user: "www-data", count: 1000),
      Attack(kind: "bodies", user: "www-data", count: 1000),
      Attack(kind: "readers", user: "games", count: 400),
      Attack(kind: "connections", user: "nobody", count: 10_000),
    ]
    : [
      Attack(kind: "requests", user: "www-data", count: 4),
      Attack(kind: "requests", user: "daemon", count: 40),
      Attack(kind: "heads", user: "www-data", count: 40),
      Attack(kind: "bodies", user: "www-data", count: 40),
      Attack(kind: "readers", user: "games", count: 10),
      Attack(kind: "connections", user: "nobody", count: 500),
    ]
  private let daemon: RunningDaemon
  private var children: [Child] = []
  private var descriptorsBefore: [Int: String] = [:]
  private var (mostDescriptors, mostMemory, answers) = (0, 0, 0)

  init(_ daemon: RunningDaemon) throws {
    self.daemon = daemon
    try daemon.awaitAPI()
    // Its threads, its timers and the store are there from now on.
    try report("203.0.113.1")
    try reserve("203.0.113.2")
    try daemon.awaitWatches()
    descriptorsBefore = try daemon.descriptors()
  }

  /// Seconds for one answer while others are at their worst.
  private static let patience = 200

  /// Starts all of them, and waits until each has made its connections.
  func begin() throws {
    let script = try Repository.text(of: "Tests/Support/apiflood")
    for attack in attacks {
      let words = [
        "/usr/bin/prlimit", "--nofile=16384", "/usr/bin/setpriv", "--reuid", attack.user,
      ]
      children.append(
        try Child(
          words + ["--clear-groups", "/usr/bin/python3", "-c", script]
            + [attack.kind, daemon.socket, String(attack.count)]))
    }
    for (attack, child) in zip(attacks, children) where child.line(patience: 300) != "ready" {
      throw Trouble("no \(attack)")
    }
    try sample()
  }

  /// What each has done.
  func counts() throws -> [[String: Int]] {
    try sample()
    return try zip(attacks, children).map { attack, child in
      child.tell("count")
      let words = child.line(patience: 120)?.split(separator: " ").map(String.init) ?? []
      guard words.count == 8 else { throw Trouble("\(attack) has ended") }
      return Dictionary(
        uniqueKeysWithValues: stride(from: 0, to: 8, by: 2).map {
          (words[$0], Int(words[$0 + 1]) ?? 0)
        })
    }
  }

  /// Three wrong passwords of each host, through libpam and the built module.
  func logInWrongly(from hosts: Int) throws {
    func built(_ name: String) -> String { Repository.build.appendingPathComponent(name).path }
    let module = "\(built("pam/pam_abl.so")) config=\(daemon.path("pam_abl.conf"))"
    try shell(
      """
      mkdir '\(daemon.path("pam.d"))'; cd '\(daemon.path("pam.d"))'
      echo 'auth required \(module)' >sshd
      echo 'auth required \(built("support/pam_testcheck.so")) password=right' >>sshd
      echo 'auth required pam_deny.so' >other
      seq -f user%.0f 1000 >users
      """)
    let words = [
      built("support/attempts"), "--confdir", daemon.path("pam.d"), "--service", "sshd",
      "--password", "wrong", "--expect", "7", "--users", daemon.path("pam.d/users"), "--hosts",
      "11.0:\(hosts)", "--attempts", String(3 * hosts), "--processes", "4", "--patience", "120",
    ]
    let shim = [
      "LD_PRELOAD=\(built("support/testshim.so"))", "ABL_TEST_SYSLOG=\(daemon.path("syslog"))",
      "ABL_TEST_CLOCK=\(daemon.path("clock"))", "ABL_TEST_SYNCS=\(daemon.path("syncs"))",
    ]
    let outcome = try Command("/usr/bin/env", shim + words, patience: 600).run()
    guard outcome.lines.contains("errors 0"), outcome.lines.contains("hangs 0") else {
      throw Trouble("logins went wrong: \(outcome)")
    }
    try sample()
  }

  /// An attempt that is never settled: it lapses, which is what the API has a timer for.
  func reserve(_ host: String) throws {
    let status = try daemon.ask(
      "/v1/attempts",
      ["-H", "X-Abl: 1", "-H", "Content-Type: application/json", "-H", "X-Abl-Service: imap"]
        + ["-H", "X-Abl-Host: \(host)", "-d", ""], patience: Self.patience)
    guard status == "201" else { throw Trouble("no attempt is reserved: \(status)") }
  }

  /// A failure that another service than the flooded one has to tell.
  func report(_ host: String) throws {
    let isTold = try eventually(within: 300) {
      try daemon.reportFailure(of: host, service: "imap", as: "mail", patience: Self.patience)
        == "204"
    }
    guard isTold else { throw Trouble("the failure of \(host) isn't taken: \(daemon.log)") }
    try sample()
  }
}

extension Flood {
  /// Those that are slow to ask, or don't read, are left, and others take their places.
  func expectSlowOnesEnded() throws {
    let slow = attacks.indices.filter { ["heads", "bodies", "readers"].contains(attacks[$0].kind) }
    let areEnded = try eventually(within: 300) {
      let counts = try counts()
      return slow.allSatisfy { counts[$0]["ended", default: 0] > 0 }
    }
    #expect(areEnded)
  }

  /// What its unit lets abld have is more than it takes.
  func expectBounds() throws {
    let unit = try Repository.text(of: "conf/systemd/abld.service")
    #expect(unit.contains("\nMemoryMax=256M\n") && unit.contains("\nLimitNOFILE=4096\n"))
    // The kernel keeps as much as 64 MiB of answers that no client reads, beside this.
    #expect(mostMemory < 128 << 10, "\(mostMemory) KiB")
    // 2048 clients and what the firewall and the store need.
    #expect(mostDescriptors < 2048 + 100)
    // The log is no way to fill a disk.
    #expect(daemon.log.utf8.count < 1 << 20)
  }

  /// Once they have gone it is as before.
  func expectItEnds() throws {
    answers = try counts().reduce(0) { $0 + $1["answers", default: 0] }
    for child in children { child.end() }
    for user in ["root", "mail"] {
      #expect(
        try eventually(within: 300) {
          try daemon.ask(
            "/v1/check?host=192.0.2.99&service=imap", as: user, patience: Self.patience) == "200"
        })
    }
    #expect(try eventually(within: 60) { try inFlight == "0" }, "\(mostDescriptors)")
    var left: [Int: String] = [:]
    let areClosed = try eventually(within: 60) {
      left = try daemon.descriptors()
      return left.count <= descriptorsBefore.count
    }
    let new = left.filter { descriptorsBefore[$0.key] != $0.value }
    #expect(areClosed, "\(new), and before there were \(descriptorsBefore)")
  }

  var figures: String {
    "\(answers) answers meanwhile, \(mostDescriptors) descriptors and \(mostMemory / 1024) MiB at most"
  }

  /// Attempts that are reserved.
  private var inFlight: String {
    get throws {
      let metrics = try shell(
        "curl -s -m 30 --unix-socket '\(daemon.socket)' http://abl/metrics || true")
      let line = metrics.split(separator: "\n").first { $0.hasPrefix("abl_attempts_in_flight ") }
      return line?.split(separator: " ").last.map { String($0) } ?? ""
    }
  }

  private func sample() throws {
    mostDescriptors = max(mostDescriptors, try descriptors)
    mostMemory = max(mostMemory, try memory)
  }

  private var descriptors: Int {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.id)/fd").count
    }
  }

  /// In KiB, without what is a file's.
  private var memory: Int {
    get throws {
      let status = try String(contentsOfFile: "/proc/\(daemon.id)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
      return line?.split { " \t".contains($0) }.dropFirst().first.flatMap { Int($0) } ?? .max
    }
  }
}
