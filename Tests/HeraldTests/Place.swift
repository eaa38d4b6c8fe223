import BlockList
import Foundation
import Harness
import Platform
import Policy
import Upkeep

/// A place of a test's own with a store, an abld that serves its events, and a courier without
/// rights. Only root can make one, and its courier runs as user nobody.
final class Place: Machine, @unchecked Sendable {
  static let isAvailable = geteuid() == 0
  static let reason = "needs root: the courier runs as another user"
  static let user = "nobody"
  /// Its numbers. The system's answer lies in one place for all threads, so it is asked once.
  static let (uid, gid): (uid_t, gid_t) = {
    let entry = getpwnam(user).pointee
    return (entry.pw_uid, entry.pw_gid)
  }()

  private(set) var abld: Child?
  private(set) var courier: Child?
  private var blockList = BlockList(Configuration())
  /// Servers that are to be there as long as this.
  var kept: [AnyObject?] = []

  /// - Parameter more: lines of the module's configuration.
  init(rule: String = "*:1/1h", _ more: [String] = []) throws {
    try super.init(in: nil)
    chmod(directory, 0o755)
    try configure(rules: (["host_rule = \(rule)"] + more).map { $0 + "\n" }.joined())
    blockList = BlockList(LoadedConfiguration(file: Path(Array(config.utf8))).configuration)
    try write("abld.conf", "config = \(config)\nfirewall = off\nlook = \(Self.user)\n", 0o600)
    try write("courier.conf", "")
    for name in ["hooks", "out", "state"] { try makeDirectory(name, mode: 0o755) }
    for name in ["out", "state"] { chown(path(name), Self.uid, Self.gid) }
    try FileManager.default.copyItem(
      atPath: Repository.program("abl-courier"), toPath: program)
    try startAbld()
  }

  func write(_ name: String, _ text: String, _ mode: mode_t = 0o644) throws {
    try write(text, to: name, mode: mode)
  }

  /// What a file says; nothing if there is none.
  func read(_ name: String) -> String { (try? text(name)) ?? "" }

  /// Likewise, its lines.
  func known(_ name: String) -> [String] { (try? lines(name)) ?? [] }

  // MARK: Programs

  func startAbld() throws {
    let program = Repository.program("abld")
    let command =
      "exec '\(program)' --foreground --config '\(path("abld.conf"))' --run '\(path("abld"))'"
      + " 2>>'\(path("abld.log"))'"
    abld = try Child(["/bin/sh", "-c", command])
    guard eventually({ access(path("abld/api.sock"), F_OK) == 0 }) else {
      throw Trouble("abld doesn't come up: \(read("abld.log"))")
    }
  }

  func stopAbld() { abld?.end() }

  /// What all calls of the courier have in common.
  var options: [String] {
    [
      "--settings", path("courier.conf"), "--hooks", path("hooks"), "--state", path("state"),
      "--api", path("abld/api.sock"), "--config", path("no-fleet.conf"), "--user", Self.user,
    ]
  }

  /// A copy of the courier: its user can't get to where the project lies, if that is root's home.
  var program: String { path("abl-courier") }

  /// Starts it, and waits until it has read what there is.
  func startCourier(_ more: [String] = []) throws {
    let words = ([program] + options + more).map { "'\($0)'" }.joined(separator: " ")
    courier = try Child(["/bin/sh", "-c", "exec \(words) 2>>'\(path("courier.log"))'"])
    guard eventually({ !read("state/events").isEmpty }) else {
      throw Trouble("the courier doesn't come up: \(read("courier.log")) \(read("abld.log"))")
    }
  }

  /// Asks it to end, and waits for that.
  func stopCourier() {
    guard let courier else { return }
    kill(courier.id, SIGTERM)
    courier.waitForEnd()
    courier.end()
  }

  func killCourier() { courier?.end() }

  /// Runs the courier for one thing only.
  func run(_ words: [String]) throws -> Ended {
    try Command(program, options + words).run()
  }

  // MARK: Events

  /// A failed login, which blocks by the standard rule.
  func fail(_ host: String, user: String = "root", service: String = "sshd") throws {
    let attempt = Attempt(
      user: Name(Array(user.utf8)), host: Host(Array(host.utf8)[...]),
      service: Name(Array(service.utf8)), port: 50_000)
    try blockList.fileFailure(of: attempt, at: Timestamp(seconds: Clock.now))
  }

  func forgive(_ host: String) throws {
    guard let host = Host(Array(host.utf8)[...]) else { return }
    _ = try blockList.forgive([.host(host)], at: Timestamp(seconds: Clock.now))
  }

  func forgiveUser(_ user: String) throws {
    let subject = Subject.user(Name(Array(user.utf8)))
    _ = try blockList.forgive([subject], at: Timestamp(seconds: Clock.now))
  }

  func hook(_ name: String, _ script: String, mode: mode_t = 0o755) throws {
    try write("hooks/\(name)", script, mode)
  }
}

struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
