import Foundation
import Harness
import Testing

/// A store, a stack of the built module and one that judges passwords, and what was logged: the
/// directory that the fixtures of Tests/Support torment.
final class Machine: LoginMachine, @unchecked Sendable {
  enum Place {
    case disk, memory
  }

  init(_ rules: String..., on place: Place = .memory) throws {
    let hasMemory = FileManager.default.isWritableFile(atPath: Self.memory.path)
    try super.init(in: place == .memory && hasMemory ? Self.memory : nil)
    try makeDirectory("run")
    // Of IPv6, hosts are single addresses here: there are many of them, near each other.
    try configure((["host_prefix=32:128"] + rules).joined(separator: "\n") + "\n")
    try services(
      "auth requisite \(Self.module) config=\(config)",
      "auth required \(Self.check) password=right",
      "account required pam_permit.so")
  }

  private static let memory = URL(fileURLWithPath: "/dev/shm")

  /// Nobody asks for the syncs here; the disk may be a slow one.
  override var environment: [String: String] {
    super.environment.merging(["ABL_TEST_SYNCS": "/nowhere", "ABL_TEST_SLOW": path("slow")]) { $1 }
  }

  /// Runs a fixture of Tests/Support, with this machine as its first argument, and prints the
  /// figures that it prints.
  func run(_ fixture: String, _ words: String..., patience: Int) throws -> Ended {
    let outcome = try run(Self.support(fixture), [directory] + words, patience: patience)
    print(outcome.output, terminator: "")
    return outcome
  }

  /// Whether there is `ablctl compact`.
  var hasCompact: Bool {
    get throws { try Command(Self.ablctl, ["--help"]).run().output.contains("  compact ") }
  }

  /// Tries one password, and gives the code of the stack: 0 or 7.
  func login(_ password: String, user: String, host: String) throws -> String {
    try attempts(1, password, user: user, host: host).first ?? "none"
  }
}
