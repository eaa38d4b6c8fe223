internal import News
internal import Policy
public import Sharing

/// What CrowdSec has decided about one address or network.
public struct Decision: Equatable, Sendable {
  public var prefix: Prefix
  /// When it was heard of first, and when it ends, in seconds of UTC.
  public var made, until: UInt32
  /// What has decided, for people: `crowdsec`, `cscli`, `lists` …
  public var origin: String

  /// Why one isn't of use here.
  public enum Unusable: String, Error, CaseIterable, Sendable {
    case malformed = "malformed"
    case scope = "neither of an address nor of a network"
    case kind = "of another type than ban"
    case simulated = "simulated"
    case ended = "ended"
    case tooMany = "more than there is room for"
  }

  /// How long one is believed to last at most, in seconds.
  static let longest: UInt32 = 366 * 86_400
}

extension Decision {
  /// Reads one as `GET /v1/decisions/stream` has it.
  init(_ json: JSON, at now: UInt32) throws(Unusable) {
    guard let kind = json["type"]?.text, let scope = json["scope"]?.text,
      let value = json["value"]?.text, let duration = json["duration"]?.text
    else { throw .malformed }
    guard kind.lowercased() == "ban" else { throw .kind }
    guard ["ip", "range"].contains(scope.lowercased()) else { throw .scope }
    guard json["simulated"] != .bool(true) else { throw .simulated }
    guard let prefix = Self.prefix(value), let seconds = Self.seconds(duration) else {
      throw .malformed
    }
    guard seconds > 0 else { throw .ended }
    let until = UInt32(clamping: Int64(now) + Int64(min(seconds, Self.longest)))
    let origin = json["origin"]?.text ?? ""
    self.init(prefix: prefix, made: now, until: until, origin: String(origin.prefix(32)))
  }

  /// `192.0.2.7` or `192.0.2.0/24`; bits behind the prefix are of no meaning.
  static func prefix(_ text: String) -> Prefix? {
    guard text.utf8.count <= 64 else { return nil }
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard 1...2 ~= words.count, let address = HostAddress(parsing: Array(words[0].utf8)[...])
    else { return nil }
    guard words.count == 2 else { return Prefix(address) }
    return UInt8(words[1]).flatMap { Prefix(address, length: $0) }
  }

  /// As Go writes a length of time, `3h59m48.12s`, in whole seconds; 0 of one that is over, nil of
  /// what is none.
  static func seconds(_ text: String) -> UInt32? {
    let units: [String: Double] = [
      "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "\u{B5}s": 1e-6, "ns": 1e-9,
    ]
    guard 1...64 ~= text.utf8.count else { return nil }
    let isOver = text.hasPrefix("-")
    var (rest, sum) = (isOver ? text.dropFirst() : text[...], 0.0)
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      rest = rest.dropFirst(unit.count)
      guard let count = Double(digits), let weight = units[String(unit)] else { return nil }
      sum += count * weight
    }
    guard !isOver else { return 0 }
    return UInt32(min(sum.rounded(.up), Double(longest)))
  }
}
