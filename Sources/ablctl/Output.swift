internal import ArgumentParser

/// What goes to standard output, in pieces of some size.
///
/// Nothing is written while a lock on the store is held: lines are added between two looks at it.
struct Output {
  private var buffer: [UInt8] = []
  private static let piece = 64 << 10

  private init() { buffer.reserveCapacity(Self.piece + 1024) }

  /// Calls `body`, and writes what it adds, also if it fails in the middle.
  static func open(_ body: (inout Output) throws -> Void) throws {
    var output = Output()
    do {
      try body(&output)
    } catch {
      try output.flush()
      throw error
    }
    try output.flush()
  }

  /// Adds `line`, and an end of line.
  mutating func add(_ line: String) throws { try add(bytes: line.utf8) }

  /// Adds `line`, and an end of line.
  mutating func add(bytes line: some Collection<UInt8>) throws {
    buffer.append(contentsOf: line)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.piece { try flush() }
  }

  private mutating func flush() throws {
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    do throws(WriteError) {
      try Terminal.write(bytes, to: .output)
    } catch {
      guard error.isEndOfInterest else { throw Failure(message: error.message) }
      // As a shell tells of those whom SIGPIPE ends, should that signal be ignored.
      throw ExitCode(128 + 13)
    }
  }
}
