public import Text

/// A part of a line of a file. A class, for it is handed on often and never changed: copies cost
/// code.
public final class Place: Sendable {
  /// The file's name, as it was given.
  public let file: Text
  /// From 1.
  public let line: Int
  /// The whole line, without its end; a slice of the file's text.
  public let lineText: ArraySlice<UInt8>
  /// The bytes it is about, as indices of `lineText`; empty if something is missing.
  public let range: Range<Int>

  /// Finds the line on which `range` of `source` begins; what is beyond that line is left out.
  ///
  /// - parameter start: the beginning of a line, that of number `line`, not after the range.
  init(
    _ range: Range<Int>, in source: [UInt8], file: Text, searchingFrom start: Int = 0,
    line: Int = 1
  ) {
    let newline = UInt8(ascii: "\n")
    let lower = min(max(range.lowerBound, 0), source.count)
    var (lineStart, number) = (min(max(start, 0), lower), line)
    for index in lineStart..<lower where source[index] == newline {
      (lineStart, number) = (index + 1, number + 1)
    }
    var lineEnd = source[lower...].firstIndex(of: newline) ?? source.endIndex
    if lineEnd > lower, source[lineEnd - 1] == UInt8(ascii: "\r") { lineEnd -= 1 }
    self.file = file
    self.line = number
    lineText = source[lineStart..<lineEnd]
    self.range = range.clamped(to: lineStart..<lineEnd)
  }

  /// From 1, in scalars of UTF-8.
  public var column: Int {
    lineText[..<range.lowerBound].glyphCount + 1
  }
}

/// A complaint about a file, printed as compilers do. A class, as a place is.
public final class Diagnostic: Sendable {
  public let place: Place
  public let severity: SyntaxError.Severity
  /// Lower case, no full stop; what it quotes from outside is escaped.
  public let message: Text

  public init(_ severity: SyntaxError.Severity, _ message: Text, at place: Place) {
    self.place = place
    self.severity = severity
    self.message = message
  }

  /// Complains about `error`, met in `source`, the text of `file`.
  public convenience init(_ error: SyntaxError, in source: [UInt8], file: Text) {
    let place = Place(error.range, in: source, file: file)
    self.init(error.severity, error.problem.message, at: place)
  }

  convenience init(_ problem: SyntaxError.Problem, at place: Place) {
    self.init(problem.severity, problem.message, at: place)
  }

  /// How many are kept of one configuration.
  static var most: Int { 200 }

  /// Where it is.
  public var file: Text { place.file }
  public var line: Int { place.line }
  public var column: Int { place.column }
  public var lineText: ArraySlice<UInt8> { place.lineText }
  public var range: Range<Int> { place.range }

  /// One line, for a log: `/etc/security/pam_abl.conf:5:2: error: unknown key`.
  public var headline: Text {
    Name(file).escaped + ":" + Text(line) + ":" + Text(column) + ": " + severity.text + ": "
      + message
  }
}
