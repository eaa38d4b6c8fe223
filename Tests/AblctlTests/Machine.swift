import BlockList
import Glibc
import Platform
import Policy
import Upkeep

import struct Harness.Command
import struct Harness.Ended
import class Harness.Machine
import enum Harness.Repository

@testable import Administration

/// A configuration and a store of their own, in a temporary directory, and the ablctl that was
/// built.
final class Machine: Harness.Machine, @unchecked Sendable {
  /// - Parameter rules: what the configuration says beside where the store is.
  init(_ rules: String = "host_rule = *:3/1h\nuser_rule = !root:5/1d\n") {
    try! super.init(in: nil)
    configure(homes + rules)
  }

  /// Writes the whole configuration.
  func configure(_ text: String) { Machine.write(text, to: config) }

  /// Runs ablctl with this configuration.
  func ablctl(_ arguments: String..., environment: [String] = []) -> Ended {
    run(arguments.map { Array($0.utf8) }, environment: environment)
  }

  /// Runs ablctl with this configuration and arguments of any bytes.
  func run(_ arguments: [[UInt8]], environment: [String] = []) -> Ended {
    let all = arguments + [Array("--config".utf8), Array(config.utf8)]
    return Machine.spawn(Machine.program, all, environment: environment + ["TZ=UTC"])
  }

  /// The same store, in this process.
  var blockList: BlockList { BlockList(LoadedConfiguration(file: Path(config.utf8)).configuration) }

  func fail(
    host: String?, user: String?, service: String = "sshd", at time: Timestamp, times: Int = 1
  ) throws {
    for _ in 0..<times {
      try blockList.fileFailure(of: .init(host: host, user: user, service: service), at: time)
    }
  }
}

typealias Ended = Harness.Ended

extension Attempt {
  convenience init(host: String?, user: String?, service: String = "sshd") {
    self.init(
      user: user.map { Name(Array($0.utf8)) }, host: host.flatMap { Host(Array($0.utf8)[...]) },
      service: Name(Array(service.utf8)))
  }
}

extension Machine {
  static let program = Repository.program("ablctl")

  /// Runs `program` to its end, with `environment` and nothing else.
  static func spawn(_ program: String, _ arguments: [[UInt8]], environment: [String]) -> Ended {
    let command = Command([Array(program.utf8)] + arguments, onlyWith: environment)
    do { return try command.run() } catch {
      return Ended(status: -1, output: "", error: "cannot start \(program)")
    }
  }

  static func bytes(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let got = read(descriptor, &buffer, buffer.count), got > 0 {
      bytes += buffer[..<got]
    }
    return bytes
  }

  static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    // A look at a store in another thread may change the umask for a moment.
    fchmod(descriptor, 0o644)
    let bytes = Array(text.utf8)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}
