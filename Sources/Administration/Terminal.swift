internal import CSystem
internal import Platform

/// What we were started with: where our output goes, and the user we run as.
enum Terminal {
  enum Stream: CInt {
    case input = 0
    case output = 1
    case error = 2
  }

  static var isRoot: Bool { geteuid() == 0 }

  /// Whether `stream` is a terminal, and not a file or a pipe.
  static func isPerson(_ stream: Stream) -> Bool { isatty(stream.rawValue) != 0 }

  /// Whether to colour what goes to standard output: see no-color.org.
  static var isColored: Bool {
    guard isPerson(.output), !isDumb else { return false }
    guard let refusal = unsafe getenv("NO_COLOR") else { return true }
    return unsafe refusal.pointee == 0
  }

  /// Whether the terminal says of itself that it can do nothing but print.
  static var isDumb: Bool {
    guard let name = unsafe getenv("TERM") else { return false }
    return unsafe strcmp(name, "dumb") == 0
  }

  /// Why the last call of the system failed, in its words.
  static var reason: String { WriteError(number: csystem_errno()).reason }

  /// Ends the program.
  static func leave(_ status: CInt) -> Never { exit(status) }

  /// Writes `text` at once; where it can't be read, nothing is to be done.
  static func write(_ text: String, to stream: Stream) {
    try? write(Array(text.utf8), to: stream.rawValue)
  }

  static func write(_ bytes: [UInt8], to descriptor: CInt) throws(WriteError) {
    var done = 0
    while done < bytes.count {
      let put = unsafe bytes.withUnsafeBytes { (buffer) -> Int in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        return unsafe CSystem.write(descriptor, rest.baseAddress, rest.count)
      }
      let number = csystem_errno()
      if put < 0 && number == EINTR { continue }
      guard put >= 0 else { throw WriteError(number: number) }
      done += put
    }
  }
}

/// Output that could not be written.
struct WriteError: Error {
  /// The `errno`.
  let number: CInt

  /// Its reader has stopped, as `head` does.
  var isEndOfInterest: Bool { number == EPIPE }

  var message: String { "cannot write to standard output: " + reason }

  var reason: String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}

extension SystemError {
  /// We are not allowed to.
  var isRefusal: Bool { number == EACCES || number == EPERM }
}
