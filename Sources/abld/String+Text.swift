internal import Text

extension String {
  /// A text of the core's, for what wants a string.
  init(_ text: Text) { self.init(decoding: text.bytes, as: UTF8.self) }
}
