internal import ArgumentParser
internal import CSystem
internal import Platform

/// What goes to standard output, or into a file, in pieces of some size.
///
/// Nothing is written while a lock on the store is held: lines are added between two looks at it.
struct Output {
  private var buffer: [UInt8] = []
  private static let piece = 64 << 10

  private let file: FileReplacement?
  private let pager: Pager?

  /// How wide the lines for a person may be; nil if none looks at a terminal.
  let width: Int?

  private init(_ file: FileReplacement? = nil, isPaged: Bool = false) {
    self.file = file
    pager = isPaged ? Pager.start() : nil
    width = file == nil ? Terminal.width : nil
    buffer.reserveCapacity(Self.piece + 1024)
  }

  /// Calls `body`, and writes what it adds, also if it fails in the middle.
  ///
  /// - Parameter isPaged: whether a person may read it page by page.
  static func open(isPaged: Bool = false, _ body: (inout Output) throws -> Void) throws {
    var output = Output(isPaged: isPaged)
    defer { output.pager?.finish() }
    do {
      try body(&output)
    } catch {
      try output.flush()
      throw error
    }
    try output.flush()
  }

  /// Calls `body`, and makes a file of what it adds, in place of the one at `path`; if it fails,
  /// that is left alone.
  static func replace(
    _ path: Path, mode: mode_t = 0o600, _ body: (inout Output) throws -> Void
  ) throws {
    let file = try FileReplacement(path, mode: mode)
    var output = Output(file)
    try body(&output)
    try output.flush()
    try file.finish()
  }

  /// Adds `line`, and an end of line.
  mutating func add(_ line: String) throws { try add(bytes: line.utf8) }

  /// Adds a sentence, in as many lines as the terminal needs for it.
  ///
  /// - Parameter indent: of the lines behind the first.
  mutating func tell(_ sentence: String, indent: Int = 2) throws {
    for line in sentence.wrapped(to: width, indent: indent) { try add(line) }
  }

  /// Adds `line`, and an end of line.
  mutating func add(bytes line: some Collection<UInt8>) throws {
    buffer.append(contentsOf: line)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.piece { try flush() }
  }

  /// Adds an end of line behind what `body` adds.
  mutating func addLine(_ body: (inout [UInt8]) -> Void) throws {
    body(&buffer)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.piece { try flush() }
  }

  private mutating func flush() throws {
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    do throws(WriteError) {
      let other = file?.descriptor ?? pager?.descriptor
      try Terminal.write(bytes, to: other ?? Terminal.Stream.output.rawValue)
    } catch {
      if let file { throw file.failure(error) }
      if pager != nil, error.isEndOfInterest { throw ExitCode.success }
      guard error.isEndOfInterest else { throw Failure(message: error.message) }
      // As a shell tells of programs that SIGPIPE ends, should that signal be ignored.
      throw ExitCode(128 + 13)
    }
  }
}
