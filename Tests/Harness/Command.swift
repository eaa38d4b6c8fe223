import Dispatch
import Foundation

/// A program to run, with its arguments, its environment and the time it may take.
public struct Command: Sendable {
  public var arguments: [String]
  /// Added to the environment of the test.
  public var environment: [String: String]
  /// Seconds; then it and what it started in its process group are ended, and its status is 124.
  public var patience: Int

  /// - Parameter program: absolute, or looked up in PATH.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    patience: Int = 60
  ) {
    self.arguments = [program] + arguments
    (self.environment, self.patience) = (environment, patience)
  }

  /// Runs it to its end, with nothing to read on its standard input.
  public func run() throws -> Outcome {
    // Files, not pipes: a process that is left behind can't hold the test up.
    let directory = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["--kill-after=5", String(patience)] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try directory.handle("output")
    process.standardError = try directory.handle("error")
    try process.runToEnd()
    return Outcome(
      status: process.terminationStatus,
      standardOutput: try directory.text("output"), standardError: try directory.text("error"))
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

extension Process {
  fileprivate func runToEnd() throws {
    let end = DispatchSemaphore(value: 0)
    terminationHandler = { _ in end.signal() }
    try run()
    end.wait()
  }
}

extension TemporaryDirectory {
  fileprivate func handle(_ name: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: file(name).path, contents: nil)
    return try FileHandle(forWritingTo: file(name))
  }

  fileprivate func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
  }
}
