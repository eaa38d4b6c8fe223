internal import Policy
internal import Text

/// Names of any bytes as text, and back again, exactly.
///
/// They are spelled as they are shown everywhere: `\xNN` is a byte, `\\` a backslash, and whatever
/// else there is stands for itself.
enum Spelling {
  /// What is spelled `text`; nil if a backslash in it begins nothing.
  static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let backslash = UInt8(ascii: "\\")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var place = text.startIndex
    while place < text.endIndex {
      guard text[place] == backslash else {
        bytes.append(text[place])
        place += 1
        continue
      }
      let escape = text[place...].dropFirst()
      if escape.first == backslash {
        bytes.append(backslash)
        place += 2
      } else {
        let digits = escape.dropFirst().prefix(2).compactMap { $0.hexValue }
        guard escape.first == UInt8(ascii: "x"), digits.count == 2 else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: digits[0] << 4 | digits[1]))
        place += 4
      }
    }
    return bytes
  }

  /// `host`, so that `host(_:)` gives it back: one that an application could not have named so is
  /// spelled byte by byte.
  static func text(of host: Host) -> String {
    guard case .name(let name) = host, Host(name.bytes[...]) != host || network(name) != nil else {
      return host.shown
    }
    var text = ""
    for byte in name.bytes {
      text += byte < 16 ? "\\x0" : "\\x"
      text += String(byte, radix: 16)
    }
    return text
  }

  /// The host that is spelled `text`; nil if that is none.
  ///
  /// What has no backslash is read as if an application had named it: an address is an address in
  /// any form, and a name is in lower case; but a prefix by which hosts are counted is that.
  static func host(_ text: ArraySlice<UInt8>) -> Host? {
    guard let bytes = bytes(text) else { return nil }
    let name = Name(bounded: bytes)
    if bytes.isEmpty || text.contains(UInt8(ascii: "\\")) { return .name(name) }
    return network(name).map { .network($0) } ?? Host(name.bytes[...])
  }

  /// The prefix that is written so, and not in another way; nil if that is none, or one address.
  private static func network(_ name: Name) -> Network? {
    guard let network = Network(written: name), Array(network.text.bytes) == name.bytes else {
      return nil
    }
    return network == Network(whole: network.address) ? nil : network
  }

  /// The user at home that is spelled `text`: `alice@192.0.2.0/24`.
  static func home(_ text: ArraySlice<UInt8>) -> Subject? {
    guard let at = text.lastIndex(of: UInt8(ascii: "@")), let user = name(text[..<at]),
      !user.bytes.isEmpty, let network = Network(written: Name(text[(at + 1)...]))
    else { return nil }
    return .home(user, network)
  }

  /// The user or the service that is spelled `text`.
  static func name(_ text: ArraySlice<UInt8>) -> Name? {
    bytes(text).map { Name(bounded: $0) }
  }
}
