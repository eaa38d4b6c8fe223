internal import Policy
internal import Sharing
internal import Text

extension Order {
  /// The order as it is signed: one text for one order.
  ///
  ///     abl-order 1
  ///     id 5f0c…
  ///     action unblock
  ///     subject host 192.0.2.7
  ///     made 1700000000
  ///     until 1700003600
  ///     by anna@example.org
  ///     reason the VPN's address
  public var text: [UInt8] {
    let lines = [
      "abl-order 1", "id \(id)", "action \(action.rawValue)", "subject \(subject.text)",
      "made \(made)", "until \(until)", "by \(by)", "reason \(reason)",
    ]
    return Array(lines.map { $0 + "\n" }.joined().utf8)
  }

  /// Reads the text of an order; what `text` wouldn't write is refused.
  public init(parsing bytes: [UInt8]) throws(OrderRefusal) {
    guard bytes.count <= Order.mostBytes else { throw .malformed("it is too long") }
    guard bytes.allSatisfy({ $0 == 10 || 0x20...0x7E ~= $0 }), bytes.last == 10 else {
      throw .malformed("it isn't a text of whole lines in ASCII")
    }
    var fields = Fields(bytes)
    guard try fields.take("abl-order") == "1" else { throw .malformed("its version is unknown") }
    let id = try fields.id()
    guard let action = Action(rawValue: try fields.take("action")) else {
      throw .malformed("its action is unknown")
    }
    guard let subject = Subject(parsing: try fields.take("subject")) else {
      throw .malformed("its subject is none")
    }
    let (made, until) = (try fields.time("made"), try fields.time("until"))
    let (by, reason) = (try fields.principal(), try fields.take("reason"))
    self.init(id: id, action, subject, made: made, until: until, by: by, reason: reason)
    guard text == bytes else { throw .malformed("it is written in another way than orders are") }
  }

  /// Whether the times make sense, as seen at `now`.
  func checkTimes(at now: UInt32) throws(OrderRefusal) {
    guard until > made, until - made <= Order.longest else {
      throw .malformed("its end is before its beginning, or more than 366 days behind it")
    }
    guard until > now else { throw .expired }
    guard Int64(made) <= Int64(now) + 300 else { throw .fromTheFuture }
  }
}

extension Order.Subject {
  /// `host 192.0.2.7`, `network 192.0.2.0/24`, `user anna`.
  public var text: String {
    switch self {
    case .prefix(let prefix): (prefix.isAddress ? "host " : "network ") + prefix.text
    case .user(let name): "user " + String(decoding: name, as: UTF8.self)
    }
  }

  /// Reads what `text` writes.
  public init?(parsing text: String) {
    let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard words.count == 2 else { return nil }
    switch words[0] {
    case "host", "network":
      guard let prefix = Prefix(parsing: String(words[1])) else { return nil }
      self = .prefix(prefix)
    case "user":
      let name = Array(words[1].utf8)
      guard 1...255 ~= name.count, name.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x5C }) else {
        return nil
      }
      self = .user(name)
    default: return nil
    }
  }
}

/// The lines that are left.
private struct Fields {
  private var lines: ArraySlice<String>

  init(_ bytes: [UInt8]) {
    let parts = bytes.dropLast().split(separator: 10, omittingEmptySubsequences: false)
    lines = parts.map { String(decoding: $0, as: UTF8.self) }[...]
  }

  /// What stands behind the word that the next line begins with.
  mutating func take(_ word: String) throws(OrderRefusal) -> String {
    guard let line = lines.popFirst(), line.hasPrefix(word + " ") else {
      throw .malformed("a line with '\(word)' is missing")
    }
    return String(line.dropFirst(word.count + 1))
  }

  mutating func id() throws(OrderRefusal) -> String {
    let id = try take("id")
    let isHex = id.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard id.utf8.count == 32, isHex else { throw .malformed("its id is none") }
    return id
  }

  mutating func time(_ word: String) throws(OrderRefusal) -> UInt32 {
    guard let time = UInt32(try take(word)) else { throw .malformed("its '\(word)' is no time") }
    return time
  }

  mutating func principal() throws(OrderRefusal) -> String {
    let by = try take("by")
    guard Operators.isPrincipal(by) else { throw .malformed("its 'by' is no operator's name") }
    return by
  }
}
