import Foundation

/// A program to run, with its arguments, its environment and the time it may take.
public struct Command: Sendable {
  public var arguments: [String]
  /// Added to the environment of the test.
  public var environment: [String: String]
  /// Seconds; then it and what it started in its process group are ended, its status is 124, and
  /// its standard error ends with a line that says so. It bounds a test that hangs, and is no
  /// promise about how fast anything is: machines are busy.
  public var patience: Int

  /// - Parameter program: absolute, or looked up in PATH.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    patience: Int = 300
  ) {
    self.arguments = [program] + arguments
    (self.environment, self.patience) = (environment, patience)
  }

  /// Runs it to its end, with nothing to read on its standard input.
  public func run() throws -> Outcome {
    // Files, not pipes: a process that is left behind can't hold the test up.
    let directory = try TemporaryDirectory()
    let (output, error) = (directory.file("output").path, directory.file("error").path)
    let words = ["/usr/bin/timeout", "--kill-after=5", String(patience)] + arguments
    let child = try spawn(words, output: output, error: error)
    let status = try end(of: child)
    // timeout has killed itself with the rest, if that didn't end when it was asked to.
    let isLate = status == Self.late || status == SIGKILL
    let more = isLate ? "took longer than \(patience) s, or was killed\n" : ""
    return Outcome(
      status: isLate ? Self.late : status,
      standardOutput: try directory.text("output"),
      standardError: try directory.text("error") + more)
  }

  /// What timeout ends with.
  private static let late: Int32 = 124

  /// Starts a process; by posix_spawn itself, for many tests do so at once, and Foundation's
  /// Process was seen to lose descriptors and ends then.
  private func spawn(_ words: [String], output: String, error: String) throws -> pid_t {
    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let argv = words.map { strdup($0) } + [nil]
    let envp = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer {
      for text in argv + envp { free(text) }
      posix_spawn_file_actions_destroy(&actions)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT, 0o600)
    // `swift test` leaves descriptors open that a program under a limit has no room for.
    for descriptor: Int32 in 3..<256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var child: pid_t = 0
    let code = posix_spawn(&child, words[0], &actions, nil, argv, envp)
    guard code == 0 else { throw Failure(what: "cannot start \(words[0])", code: code) }
    return child
  }

  private func end(of child: pid_t) throws -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(what: "cannot wait for \(child)", code: errno) }
    }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : signal
  }

  /// A call of the system that failed, with its `errno`.
  struct Failure: Error {
    let what: String
    let code: Int32
  }
}

/// How a program ended, and what it said.
public struct Outcome: Sendable {
  /// Its exit status, or the number of the signal that ended it.
  public let status: Int32
  public let standardOutput: String
  public let standardError: String

  public var lines: [String] { standardOutput.split(separator: "\n").map(String.init) }
}

extension Outcome: CustomStringConvertible {
  public var description: String {
    "status \(status)\n--- standard output\n\(standardOutput)--- standard error\n\(standardError)"
  }
}

extension TemporaryDirectory {
  fileprivate func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
  }
}
