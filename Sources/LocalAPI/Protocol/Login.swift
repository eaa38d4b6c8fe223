internal import Administration
internal import NIOHTTP1
internal import Policy
internal import Text

/// What a request says of a login: in JSON, in headers, or behind `?`.
struct Login: Sendable {
  var host: Host?
  var user: Name?
  var service: Name?
  /// The port that the host came from; 0 if it isn't known.
  var port: UInt16 = 0
  /// How long a reservation may wait for others, in milliseconds.
  var wait: Int?
  /// The number of an attempt that was reserved.
  var attempt: String?
  var verdict: String?

  private static let words = [
    "host", "port", "user", "user_hex", "service", "service_hex", "wait", "attempt", "verdict",
  ]

  /// Of two places the later one holds: `?`, headers, body.
  init(_ request: Request) throws(Problem) {
    for word in Self.words {
      if let value = request.query[word] { try set(word, value) }
      let header = "x-abl-" + word
      guard let value = request.headers[header].first, !value.isEmpty else { continue }
      guard request.headers[header].count == 1 else {
        throw .malformed("there are two headers \(header)")
      }
      try set(word, value)
    }
    if !request.body.isEmpty { try read(request.body) }
  }

  private mutating func read(_ body: [UInt8]) throws(Problem) {
    do throws(JSONError) {
      var scanner = JSONScanner(body[...])
      try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
        let word = String(decoding: key, as: UTF8.self)
        guard Self.words.contains(word) else {
          throw scanner.error("there is no member of this name")
        }
        let value = String(decoding: try scanner.readValue(of: word), as: UTF8.self)
        do throws(Problem) { try set(word, value) } catch { throw scanner.error(error.detail) }
      }
    } catch { throw .malformed("the body, at byte \(error.offset): \(error.message)") }
  }

  private mutating func set(_ word: String, _ value: String) throws(Problem) {
    switch word {
    case "host": host = try Self.host(value)
    case "user": user = try Self.name(value, word)
    case "service": service = try Self.name(value, word)
    case "user_hex": user = try Self.name(hexadecimal: value, word)
    case "service_hex": service = try Self.name(hexadecimal: value, word)
    case "attempt":
      guard AttemptBook.isNumber(value) else {
        throw .malformed("'attempt' is the number that a reservation was answered with")
      }
      attempt = value
    case "verdict": verdict = value
    case "port":
      guard let number = UInt16(value) else { throw .malformed("'port' is a number up to 65535") }
      port = number
    default:
      guard let number = Int(value), (0...10_000).contains(number) else {
        throw .malformed("'wait' is a number of milliseconds from 0 to 10000")
      }
      wait = number
    }
  }

  /// A name is no address: its owner may have it mean another's tomorrow. And behind a socket of
  /// Unix nginx says `unix:`, which would be every client.
  private static func host(_ value: String) throws(Problem) -> Host {
    guard let address = HostAddress(parsing: Array(value.utf8)[...]) else {
      throw .malformed("'host' must be an address of IPv4 or IPv6")
    }
    return .address(address)
  }

  private static func name(_ value: String, _ word: String) throws(Problem) -> Name {
    guard !value.isEmpty else { throw .malformed("'\(word)' must not be empty") }
    guard !value.utf8.contains(0) else { throw .malformed("'\(word)' must not hold a NUL") }
    return Name(bounded: Array(value.utf8))
  }

  /// PAM doesn't say what the bytes of a name mean: there it is what they are.
  private static func name(hexadecimal value: String, _ word: String) throws(Problem) -> Name {
    let digits = value.utf8.compactMap { $0.hexValue }
    let isWhole = digits.count == value.utf8.count && digits.count % 2 == 0
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { index in
      digits[index] << 4 | digits[index + 1]
    }
    guard isWhole, !bytes.isEmpty, !bytes.contains(0) else {
      throw .malformed("'\(word)' is a name's bytes, two digits of hexadecimal each, and no NUL")
    }
    return Name(bounded: bytes)
  }
}

extension JSONScanner {
  /// A number where one is wanted, else a string.
  fileprivate mutating func readValue(of word: String) throws(JSONError) -> ArraySlice<UInt8> {
    ["wait", "port"].contains(word) ? try readNumber() : try readString()
  }
}
