public import Text

/// A text that an application tells as the remote host, and that names none.
public enum LocalOrigin: Equatable, Sendable {
  /// A display of X: `:0`, `unix:0.0`.
  case display
  /// This machine itself: `localhost`, or a name of its own.
  case machine

  /// Reads what an application tells; nil if it may be a remote host.
  ///
  /// An address never is of this kind: a connection from 127.0.0.1 has a peer.
  ///
  /// - Parameter names: of this machine, as `gethostname` and its resolver tell them; each of them
  ///   is also meant with its domain added or left out. Neither case nor a dot at the end matters.
  public init?(_ text: ArraySlice<UInt8>, names: [Name]) {
    guard HostAddress(parsing: text) == nil else { return nil }
    let (host, isDisplay) = text.droppingDisplay
    let name = host.canonicalName
    if isDisplay, name.isEmpty || name[...].isEqual(to: "unix") {
      self = .display
    } else if name.isLoopbackName || names.contains(where: { $0.isSpelled(name) }) {
      self = isDisplay ? .display : .machine
    } else {
      return nil
    }
  }

  /// "the name of this machine", "a display of this machine"
  public var text: Text {
    self == .machine ? "a name of this machine" : "a display of this machine"
  }
}

extension ArraySlice<UInt8> {
  /// What stands before `:0`, `:10.0`, `/unix:0`, and whether that is there.
  fileprivate var droppingDisplay: (host: ArraySlice<UInt8>, isDisplay: Bool) {
    guard let colon = lastIndex(of: UInt8(ascii: ":")) else { return (self, false) }
    var scanner = Scanner(self[(colon + 1)...])
    let number = scanner.run { $0.isDigit }
    if scanner.skip("."), scanner.run({ $0.isDigit }).isEmpty { return (self, false) }
    guard !number.isEmpty, scanner.next == nil else { return (self, false) }
    let host = self[..<colon]
    guard let slash = host.lastIndex(of: UInt8(ascii: "/")) else { return (host, true) }
    return (host[..<slash], true)
  }

  /// In lower case, and without the dot that ends a whole name of DNS.
  @inline(never)
  fileprivate var canonicalName: [UInt8] {
    (last == UInt8(ascii: ".") ? dropLast() : self).map { $0.lowercased }
  }
}

extension [UInt8] {
  @inline(never)
  fileprivate var firstLabel: [UInt8] { Array(prefix { $0 != UInt8(ascii: ".") }) }

  /// What every machine calls itself, in lower case; also all below `localhost` (RFC 6761).
  fileprivate var isLoopbackName: Bool {
    let names = Text(stringLiteral: Self.loopbackNames).bytes
    for name in names[...].listEntries where Array(name) == self { return true }
    return count > 10 && self[(count - 10)...].isEqual(to: ".localhost")
  }

  private static var loopbackNames: StaticString {
    """
    localhost;localhost.localdomain;localhost4;localhost4.localdomain4;\
    localhost6;localhost6.localdomain6;ip6-localhost;ip6-loopback
    """
  }
}

extension Name {
  /// Whether `text`, in lower case, is this name: the whole, or where one of the two has no domain,
  /// the first label.
  fileprivate func isSpelled(_ text: [UInt8]) -> Bool {
    let own = bytes[...].canonicalName
    let label = own.firstLabel
    guard !label.isEmpty, label == text.firstLabel else { return false }
    return own == text || own == label || text == label
  }
}
