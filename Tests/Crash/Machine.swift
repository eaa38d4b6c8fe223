import Foundation
import Harness
import Testing

/// A store, a stack of the built module and one that judges passwords, and what was logged: the
/// directory that the fixtures of Tests/Support torment.
///
/// The right password is "right".
struct Machine {
  let directory: TemporaryDirectory

  enum Place {
    case disk, memory
  }

  init(_ rules: String..., on place: Place = .memory) throws {
    let hasMemory = FileManager.default.isWritableFile(atPath: Self.memory.path)
    directory = try TemporaryDirectory(in: place == .memory && hasMemory ? Self.memory : nil)
    try make("run")
    try make("pam.d")
    // Of IPv6, hosts are single addresses here: there are many of them, near each other.
    let homes = [
      "db_home=\(path("store"))", "run_home=\(path("run"))", "host_prefix=32:128",
    ]
    try write((homes + rules).joined(separator: "\n") + "\n", to: "pam_abl.conf")
    let stack = [
      "auth requisite \(Self.module) config=\(path("pam_abl.conf"))",
      "auth required \(Self.support("pam_testcheck.so")) password=right",
      "account required pam_permit.so",
    ]
    try write(stack.joined(separator: "\n") + "\n", to: "pam.d/t")
    try write("auth required pam_deny.so\n", to: "pam.d/other")
    try write("", to: "syslog")
    try setClock(0)
  }

  private static let memory = URL(fileURLWithPath: "/dev/shm")
  private static let module = Repository.build.appendingPathComponent("pam/pam_abl.so").path
  static let ablctl = Repository.build.appendingPathComponent("release/ablctl").path

  static func support(_ name: String) -> String {
    Repository.build.appendingPathComponent("support/\(name)").path
  }

  /// A program that was built with these tests, and stands beside them.
  static func program(_ name: String) -> String {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().appendingPathComponent(name).path
  }

  private func make(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: directory.file(name), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700])
  }
}

extension Machine {
  func path(_ name: String) -> String { directory.file(name).path }

  /// The store's file in `run_home`: a number says of which store it is.
  func runPath(_ kind: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: path("run"))
    return path("run/" + (try #require(names.first { $0.hasPrefix(kind + "-") })))
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: directory.file(name))
  }

  /// What the modules have said, but what is news.
  var log: [String] {
    get throws { try lines("syslog").filter { !LogNews.isNews($0) } }
  }

  func lines(_ name: String) throws -> [String] {
    String(decoding: try Data(contentsOf: directory.file(name)), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// Seconds by which the clock is ahead.
  func setClock(_ seconds: Int) throws { try write("\(seconds)", to: "clock") }

  /// Files that were moved aside.
  var movedAside: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path("store"))
        .filter { $0.hasPrefix("data.mdb.damaged-") }
    }
  }

  /// What runs before others may: it sees the clock and the log of this machine.
  var environment: [String: String] {
    [
      "LD_PRELOAD": Self.support("testshim.so"), "ABL_TEST_CLOCK": path("clock"),
      "ABL_TEST_SYSLOG": path("syslog"), "ABL_TEST_SYNCS": "/nowhere",
      "ABL_TEST_SLOW": path("slow"),
    ]
  }

  /// Runs a fixture of Tests/Support, with this machine as its first argument, and prints the
  /// figures that it prints.
  func run(_ fixture: String, _ words: String..., patience: Int) throws -> Outcome {
    let outcome = try Command(
      Self.support(fixture), [directory.url.path] + words, environment: environment,
      patience: patience
    ).run()
    print(outcome.standardOutput, terminator: "")
    return outcome
  }

  func ablctl(_ words: String...) throws -> Outcome {
    try Command(
      Self.ablctl, [words[0], "--config", path("pam_abl.conf")] + words.dropFirst(),
      environment: environment
    ).run()
  }

  /// Whether there is `ablctl compact`.
  var hasCompact: Bool {
    get throws {
      try Command(Self.ablctl, ["--help"]).run().standardOutput.contains("  compact ")
    }
  }

  /// Tries one password, and gives the code of the stack: 0 or 7.
  func login(_ password: String, user: String, host: String) throws -> String {
    let words = [
      "--confdir", path("pam.d"), "--service", "t", "--no-delay", "--user", user, "--rhost", host,
      "auth:\(password)", "end",
    ]
    let outcome = try Command(Self.support("pamdrive"), words, environment: environment).run()
    return outcome.lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? "none"
  }
}
