public import Text

/// The name of a file: bytes, as the system takes them.
public struct Path: Equatable, Sendable {
  public let bytes: [UInt8]

  /// What stands before the first NUL of `bytes`; the system would read no further.
  public init(_ bytes: some Collection<UInt8>) {
    self.bytes = Array(bytes.prefix { $0 != 0 })
  }

  public init(_ text: Text) {
    self.init(text.bytes)
  }

  /// The file `name` in this directory.
  @inline(never)
  public func appending(_ name: Path) -> Path {
    Path(bytes + [UInt8(ascii: "/")] + name.bytes)
  }

  /// Whether it begins at the root.
  public var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

  /// For messages: what is not printable ASCII stands as '?'.
  public var text: Text {
    Text(bytes.map { $0 < 0x20 || $0 > 0x7E ? UInt8(ascii: "?") : $0 })
  }

  /// Calls `body` with the path as C has it.
  public func withCString<Result, Failure>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe Text(bytes).withCString(body)
  }
}

extension Path: ExpressibleByStringLiteral {
  public init(stringLiteral literal: StaticString) { self.init(Text(stringLiteral: literal)) }
}
