internal import BlockList
internal import Platform
internal import Policy
internal import Text

// The words of the other modules, as strings.

extension String {
  init(_ text: Text) { self.init(decoding: text.bytes, as: UTF8.self) }
}

extension Path {
  /// As it may be printed.
  var shown: String { String(text) }

  /// The directory that this is in.
  var parent: Path {
    let slash = UInt8(ascii: "/")
    var name = bytes[...]
    while name.count > 1, name.last == slash { name.removeLast() }
    guard let last = name.lastIndex(of: slash) else { return "." }
    return Path(Array(last == name.startIndex ? name[...last] : name[..<last]))
  }
}

extension Name {
  /// As it may be printed: escaped.
  var shown: String { String(escaped) }
}

extension Subject {
  /// `host`, `network`, `user`, `home` or `caller`.
  var kindText: String { String(kind.text) }

  /// The name alone, as it may be printed: escaped.
  var name: String { String(text) }

  /// `host 192.0.2.7`, as it may stand in a sentence.
  var shown: String { kindText + " " + name.cell }

  /// Whether it says where a login comes from: a host, or a network.
  var isOrigin: Bool { kind.isOrigin }

  /// Nil of all but a host.
  var host: Host? {
    if case .host(let host) = self { host } else { nil }
  }

  /// Nil of all but a user.
  var user: Name? {
    switch self {
    case .user(let name), .home(let name, _): name
    case .host, .network, .caller: nil
    }
  }
}

extension Host {
  /// As it may be printed: escaped.
  var shown: String { String(text) }
}

extension Block {
  /// `*:10/1h`; no name in it has a blank.
  var rule: String { String(ruleText) }
}

extension Diagnostic {
  /// Three lines: the headline, the line of the file, a caret.
  var picture: String { String(rendered) }
}
