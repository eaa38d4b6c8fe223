internal import NIOHTTP1
internal import Text

/// One request, complete, and the peer that sent it.
struct Request: Sendable {
  let method: HTTPMethod
  /// What stands before `?`.
  let path: String
  /// What stands behind it: names and values, decoded; of two of one name the first holds.
  let query: [String: String]
  let headers: HTTPHeaders
  let body: [UInt8]
  let peer: Peer

  /// Nil if the target is no path, or what stands behind `?` makes no sense.
  init?(_ head: HTTPRequestHead, _ body: [UInt8], from peer: Peer) {
    guard head.uri.utf8.first == UInt8(ascii: "/") else { return nil }
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let query = Query(parts.count > 1 ? parts[1] : "") else { return nil }
    (method, headers) = (head.method, head.headers)
    (path, self.query) = (String(parts[0]), query.values)
    (self.body, self.peer) = (body, peer)
  }

  /// Of the header `name`; nil if there is none, or two: which of them was meant?
  func header(_ name: String) -> String? {
    let values = headers[name]
    return values.count == 1 ? values[0] : nil
  }

  /// Whether the body is said to be JSON.
  var isJSON: Bool {
    guard let type = header("content-type") else { return false }
    let essence = type.split(separator: ";", maxSplits: 1)[...].first.map { String($0) } ?? ""
    return essence.lowercased().filter { $0 != " " } == "application/json"
  }
}

/// What stands behind `?`: `name=value&…`, percent-encoded.
struct Query {
  private(set) var values: [String: String] = [:]

  init?(_ text: Substring) {
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]), parts.count == 2, let value = Self.decoded(parts[1])
      else { return nil }
      if values[name] == nil { values[name] = value }
    }
  }

  /// Nil if a `%` has no two digits behind it, or what is decoded isn't UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var (bytes, rest) = ([UInt8](), text.utf8[...])
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue
        else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
