import Foundation

/// A program to run, with its arguments, its environment and the time it may take.
public struct Command: Sendable {
  /// The program first: absolute, or looked up in PATH. Any bytes.
  private let words: [[UInt8]]
  private let environment: [String]
  private let patience: Int

  /// - Parameters:
  ///   - environment: added to that of the test.
  ///   - patience: seconds; then it and what it started in its process group are ended, its status
  ///     is 124, and its standard error ends with a line that says so. It bounds a test that hangs,
  ///     and is no promise about how fast anything is: machines are busy.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    patience: Int = 300
  ) {
    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    self.init(
      ([program] + arguments).map { Array($0.utf8) },
      onlyWith: merged.map { "\($0.key)=\($0.value)" }, patience: patience)
  }

  /// With these words, and nothing in its environment but this.
  public init(_ words: [[UInt8]], onlyWith environment: [String], patience: Int = 300) {
    (self.words, self.environment, self.patience) = (words, environment, patience)
  }

  /// Runs it to its end, with nothing to read on its standard input.
  public func run() throws -> Ended {
    // Files, not pipes: a process that is left behind can't hold the test up.
    let directory = try TemporaryDirectory()
    let (output, error) = (directory.file("output"), directory.file("error"))
    let timeout = ["/usr/bin/timeout", "--kill-after=5", String(patience)]
    let child = try spawn(timeout.map { Array($0.utf8) } + words, environment: environment) {
      posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&$0, 1, output.path, O_WRONLY | O_CREAT, 0o600)
      posix_spawn_file_actions_addopen(&$0, 2, error.path, O_WRONLY | O_CREAT, 0o600)
    }
    let status = try end(of: child)
    // timeout has killed itself with the rest, if that didn't end when it was asked to.
    let isLate = status == Self.late || status == SIGKILL
    let more = isLate ? "took longer than \(patience) s, or was killed\n" : ""
    return Ended(
      status: isLate ? Self.late : status,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: error), as: UTF8.self) + more)
  }

  /// What timeout ends with.
  private static let late: Int32 = 124

  private func end(of child: pid_t) throws -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else {
        throw SystemFailure(what: "cannot wait for \(child)", code: errno)
      }
    }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : signal
  }
}

/// How a program ended, and what it said.
public struct Ended: Equatable, Sendable {
  /// Its exit status; 128 and its number if a signal ended it.
  public var status: Int32
  public var output: String
  public var error: String

  public init(status: Int32, output: String, error: String) {
    (self.status, self.output, self.error) = (status, output, error)
  }

  /// The lines of its output; empty ones left out.
  public var lines: [String] { output.split(separator: "\n").map(String.init) }
}

extension Ended: CustomStringConvertible {
  public var description: String {
    "status \(status)\n--- standard output\n\(output)--- standard error\n\(error)"
  }
}
