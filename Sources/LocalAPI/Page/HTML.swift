internal import Administration

/// HTML that is put together so that no text in it is ever taken for a tag.
struct HTML: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, Sendable {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation pieces: Pieces) { text = pieces.text }

  init(_ pieces: [HTML], between separator: String = "\n") {
    text = pieces.map { $0.text }.joined(separator: separator)
  }

  static func + (one: HTML, other: HTML) -> HTML { HTML([one, other], between: "") }

  /// What is put in is escaped, unless it is HTML itself.
  struct Pieces: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ html: HTML) { text += html.text }
    mutating func appendInterpolation(_ number: Int) { text += String(number) }
    mutating func appendInterpolation(_ string: String) { text += string.xml }
  }
}
