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
}

extension Name {
  /// As it may be printed: escaped.
  var shown: String { String(escaped) }
}

extension Subject {
  /// `host` or `user`.
  var kindText: String { String(kind) }

  /// The name alone, as it may be printed: escaped.
  var name: String { String(text) }

  /// `host 192.0.2.7`
  var shown: String { kindText + " " + name }

  var isHost: Bool {
    if case .host = self { true } else { false }
  }
}

extension Host {
  /// As it may be printed: escaped.
  var shown: String { String(text) }
}

extension Block {
  /// `*:10/1h`
  var rule: String { String(ruleText) }
}

extension Diagnostic {
  /// Three lines: the headline, the line of the file, a caret.
  var picture: String { String(rendered) }
}
