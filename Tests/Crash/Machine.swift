import Foundation
import Harness
import Testing

/// A store, a stack of the built module and one that judges passwords, and what was logged: the
/// directory that the fixtures of Tests/Support torment.
final class Machine: LoginMachine, @unchecked Sendable {
  enum Place {
    case disk, memory
  }

  convenience init(_ rules: String..., on place: Place = .memory) throws {
    try self.init(rules: rules, on: place)
  }

  /// - Parameter judge: more options of the module that judges passwords.
  init(rules: [String], judge: String = "", on place: Place = .memory) throws {
    let hasMemory = FileManager.default.isWritableFile(atPath: Self.memory.path)
    try super.init(in: place == .memory && hasMemory ? Self.memory : nil)
    try makeDirectory("run")
    // Of IPv6, hosts are single addresses here: there are many of them, near each other.
    try configure((["host_prefix=32:128"] + rules).joined(separator: "\n") + "\n")
    try services(
      "auth requisite \(Self.module) config=\(config)",
      "auth required \(Self.check) password=right \(judge)",
      "account required pam_permit.so")
  }

  /// All keys that count, know or block more than pam_abl does. Five failures block a host, a user,
  /// or a user at home, thirty a network.
  static let everything = [
    "host_prefix=32:64", "host_rule=*:5/1h ?@*:5/1h root@*:1/1d",
    "network_rule=/24|/48:30/1h /16|::/40:9999/1h", "network_purge=2d", "user_rule=*:5/1h",
    "user_known=30d", "caller_rule=*:5/1h", "host_block=10m,1h,1d", "network_block=10m,1h",
    "user_block=10m,1h", "user_case=ignore", "user_domain=strip", "same_password=once",
  ]

  private static let memory = URL(fileURLWithPath: "/dev/shm")

  /// No test asks for the syncs here; the disk may be a slow one.
  override var environment: [String: String] {
    super.environment.merging(["ABL_TEST_SYNCS": "/nowhere", "ABL_TEST_SLOW": path("slow")]) { $1 }
  }

  /// Runs a fixture of Tests/Support, with this machine as its first argument, and prints the
  /// figures that it prints.
  func run(_ fixture: String, _ words: String..., patience: Int) throws -> Ended {
    try run(fixture, words, [:], patience: patience)
  }

  /// - Parameter more: of its environment.
  func run(
    _ fixture: String, _ words: [String], _ more: [String: String], patience: Int
  ) throws -> Ended {
    let outcome = try Command(
      Self.support(fixture), [directory] + words,
      environment: environment.merging(more) { $1 }, patience: patience
    ).run()
    print(outcome.output, terminator: "")
    return outcome
  }

  /// Runs ablctl with this configuration.
  func run(ablctl words: [String]) throws -> Ended {
    try run(Self.ablctl, [words[0], "--config", config] + words.dropFirst())
  }

  /// Tries one password, and gives the code of the stack: 0 or 7.
  func login(_ password: String, user: String, host: String) throws -> String {
    try attempts(1, password, user: user, host: host).first ?? "none"
  }
}
