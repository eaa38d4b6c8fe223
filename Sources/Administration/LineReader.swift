internal import CSystem
internal import Platform
internal import Policy

/// A line of a text, without its end.
struct Line {
  /// From 1.
  let number: Int
  let text: ArraySlice<UInt8>
  /// Whether this is not all of it: the line is longer than is read of one.
  let isCut: Bool
}

/// Reads a text line by line, from a file, a pipe or standard input, whatever its length.
struct LineReader: ~Copyable {
  /// Of the file; empty if the descriptor was given.
  private let path: Path
  private let descriptor: CInt
  private let isOurs: Bool
  /// Of one line, in bytes; what is beyond is skipped.
  private let longest: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var number = 0
  private static let piece = 256 << 10

  /// - Parameter descriptor: is closed at the end.
  init(_ descriptor: CInt, longest: Int) {
    (self.descriptor, self.longest, isOurs, path) = (descriptor, longest, true, "")
  }

  /// Opens `path`; `-` is standard input.
  init(_ path: Path, longest: Int) throws(ReadError) {
    (self.longest, self.path) = (longest, path)
    isOurs = path != "-"
    guard isOurs else {
      descriptor = 0
      return
    }
    descriptor = unsafe path.withCString { unsafe csystem_open($0, O_RDONLY | O_NOCTTY, 0) }
    guard descriptor >= 0 else { throw .last("open", path) }
  }

  deinit { if isOurs && descriptor >= 0 { close(descriptor) } }

  /// The next line; nil at the end. A last line need not have an end.
  mutating func next() throws(ReadError) -> Line? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        return line(until: end, next: end + 1)
      }
      guard buffer.count - start <= longest else { return try cutLine() }
      searched = buffer.count - start
      guard try fill() else {
        return start < buffer.count ? line(until: buffer.count, next: buffer.count) : nil
      }
    }
  }

  private mutating func line(until end: Int, next: Int) -> Line {
    number += 1
    defer { start = next }
    let text = buffer[start..<end]
    return Line(number: number, text: text.prefix(longest), isCut: text.count > longest)
  }

  /// What is read of a line that is too long; then goes on to the next one.
  private mutating func cutLine() throws(ReadError) -> Line {
    number += 1
    let text = buffer[start...].prefix(longest)
    let line = Line(number: number, text: ArraySlice(Array(text)), isCut: true)
    repeat {
      (buffer, start) = ([], 0)
      guard try fill() else { return line }
    } while !buffer.contains(UInt8(ascii: "\n"))
    start = (buffer.firstIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
    return line
  }

  /// Reads on, behind what has not been used yet; false at the end.
  private mutating func fill() throws(ReadError) -> Bool {
    if start > 0 { buffer.removeFirst(start) }
    start = 0
    let known = buffer.count
    buffer += [UInt8](repeating: 0, count: Self.piece)
    while true {
      let got = unsafe buffer.withUnsafeMutableBytes { bytes in
        let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[known...])
        return unsafe read(descriptor, room.baseAddress, room.count)
      }
      let error = ReadError.last("read", path)
      if got < 0 && error.number == EINTR { continue }
      buffer.removeLast(Self.piece - max(got, 0))
      guard got >= 0 else { throw error }
      return got > 0
    }
  }
}

/// A text that could not be read.
struct ReadError: Error {
  /// `open` or `read`.
  let action: String
  let path: Path
  /// The `errno`.
  let number: CInt

  static func last(_ action: String, _ path: Path) -> ReadError {
    ReadError(action: action, path: path, number: csystem_errno())
  }

  /// "cannot open 'history': No such file or directory"
  func failure(of path: Path) -> Failure {
    let reason = unsafe strerror(number).map { unsafe String(cString: $0) }
    return Failure(
      message: "cannot \(action) '\(Name(path.bytes).shown)': " + (reason ?? "error \(number)"))
  }
}

extension ReadError {
  /// Whether there is no such file.
  var isAbsence: Bool { number == ENOENT }
}
