import BlockList
import Foundation
import Harness
import Platform
import Policy
import Upkeep

@testable import Firewall

/// An abld of the test's own, over a store of its own, in the network of the thread that starts it.
final class RunningDaemon: Machine, @unchecked Sendable {
  private var child: Child?
  private(set) var blockList: BlockList
  /// By which the kernel is asked.
  let table: KernelTable
  /// What is in front of abld on its command line: that leaves it the one right that its unit does.
  var wrapper = ["/usr/bin/setpriv", "--bounding-set", "-all,+net_admin", "--no-new-privs"]

  init(rule: String = "*:3/1h", more: [String] = [], settings: [String] = []) throws {
    table = try KernelTable()
    blockList = BlockList(Configuration())
    try super.init(in: nil)
    try configure(rule: rule, more)
    try set(settings)
    try start()
  }

  func configure(rule: String = "*:3/1h", _ more: [String] = []) throws {
    let rules = (["host_rule = \(rule)"] + more).map { $0 + "\n" }.joined()
    try replace("pam_abl.conf", by: homes + rules, mode: 0o600)
    blockList = BlockList(LoadedConfiguration(file: Path(Array(config.utf8))).configuration)
  }

  func set(_ settings: [String]) throws {
    let text = (["config = \(config)"] + settings).map { $0 + "\n" }.joined()
    try replace("abld.conf", by: text, mode: 0o600)
  }

  var id: pid_t { child?.id ?? 0 }

  /// What abld has logged.
  var log: String { (try? text("log")) ?? "" }

  /// How often it has.
  func timesLogged(_ text: String) -> Int { log.components(separatedBy: text).count - 1 }

  /// Has the settings read anew twice: once it begins with the second time, it has done all of the
  /// first.
  func reloadTwice() -> Bool {
    let before = timesLogged("took over the settings")
    return (1...2).allSatisfy { reload in
      signal(SIGHUP)
      return eventually { timesLogged("took over the settings") == before + reload }
    }
  }

  /// Starts it, and waits until it has looked, unless `isAwaited` is false.
  func start(isAwaited: Bool = true) throws {
    let program = Repository.program("abld")
    let words =
      wrapper + [program, "--foreground", "--config", path("abld.conf"), "--run", path("abld")]
    let command = words.map { "'\($0)'" }.joined(separator: " ")
    let log = path("log")
    child = try Child(["/bin/sh", "-c", "exec \(command) 2>>'\(log)'"])
    guard isAwaited else { return }
    let process = id
    guard eventually({ state["process"] == String(process) }) else {
      throw Trouble("abld doesn't come up: \(self.log)")
    }
  }

  /// How often each of its threads has begun to wait, and so was woken; but for libdispatch's
  /// manager, which looks at its own pools once a second in each program with async functions.
  func wakeUps() throws -> [String: Int] {
    let tasks = "/proc/\(id)/task"
    var wakeUps: [String: Int] = [:]
    for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
      // It may have ended meanwhile.
      let file = "\(tasks)/\(task)/status"
      guard let status = try? String(contentsOfFile: file, encoding: .utf8),
        !status.hasPrefix("Name:\t-qos.overcommit\n")
      else { continue }
      let line = status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
      wakeUps[task] = line?.split(separator: "\t").last.flatMap { Int($0) }
    }
    return wakeUps
  }

  func signal(_ signal: Int32) { kill(id, signal) }

  /// Ends it at once, as a crash would.
  func die() { child?.end() }

  /// Asks it to end, and waits for that.
  func stop() {
    signal(SIGTERM)
    child?.waitForEnd()
    child?.end()
  }

  /// What it tells of itself.
  var state: [String: String] {
    var state: [String: String] = [:]
    for line in (try? lines("abld/state")) ?? [] {
      let parts = line.split(separator: " ", maxSplits: 1)
      state[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    return state
  }

  // MARK: The store

  /// - Parameter shift: by how many seconds the clock is ahead.
  func fail(
    _ host: String, times: Int = 3, service: String = "sshd", shift: Int64 = 0
  ) throws {
    let attempt = Attempt(
      user: Name(Array("root".utf8)), host: Host(Array(host.utf8)[...]),
      service: Name(Array(service.utf8)))
    for _ in 0..<times {
      try blockList.fileFailure(of: attempt, at: Timestamp(seconds: Clock.now + shift))
    }
  }

  func forgive(_ host: String) throws {
    guard let host = Host(Array(host.utf8)[...]) else { return }
    _ = try blockList.forgive([.host(host)], at: Timestamp(seconds: Clock.now))
  }

  /// Whether the kernel keeps `host` from `port`, 0 for all of them.
  func holds(_ host: String, length: UInt8 = 128, port: UInt16 = 22) throws -> Bool {
    try table.holds(Element(prefix(host, length), port: port))
  }

  func comes(_ host: String, length: UInt8 = 128, port: UInt16 = 22) throws -> Bool {
    try eventually { try holds(host, length: length, port: port) }
  }

  func goes(_ host: String, port: UInt16 = 22) throws -> Bool {
    try eventually { try !holds(host, port: port) }
  }
}
