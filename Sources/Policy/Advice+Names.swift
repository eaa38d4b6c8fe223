internal import Text

extension Advice {
  mutating func look(atList setting: Setting) {
    for entry in setting.text.listEntries {
      doubt(Name(entry), at: entry.startIndex..<entry.endIndex, of: setting)
    }
    if setting.key == .hostAllowList { look(forEveryAddressIn: setting) }
  }

  /// Warns if `name`, of a rule or a list, is probably no subject's.
  mutating func doubt(_ name: Name, at range: Range<Int>, of setting: Setting) {
    let isRule = setting.key == .hostRule || setting.key == .userRule
    if isRule, name == "*" { return }
    let bytes = name.bytes[...]
    let isHost = setting.key == .hostRule || setting.key == .hostAllowList
    let other = isHost ? bytes.hostOddity(inRule: isRule) : bytes.userOddity
    guard let message = bytes.oddity ?? other else { return }
    warn(message, at: range, of: setting)
  }
}

extension ArraySlice<UInt8> {
  /// Why this is hardly a name; nil if it may be one.
  fileprivate var oddity: Text? {
    switch first {
    case UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "+"):
      return "this is taken for a name: groups and netgroups are not known here"
    case UInt8(ascii: "!"):
      return "this is taken for a name: '!' stands in front of all names of a rule"
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      return "the quotes are taken for a part of the name: write it without"
    default: break
    }
    if contains(UInt8(ascii: "*")) || contains(UInt8(ascii: "?")) {
      return "this is taken for a name: there are no patterns, and only in a rule '*' alone is any"
    }
    return isSpelled
      ? "this is taken for a name as it is, not as it is printed: write one backslash for two" : nil
  }

  /// Why no program tells a user of this name; nil if one may.
  fileprivate var userOddity: Text? {
    isUTF8 ? nil : "this name is not UTF-8, as programs tell names: save the file as UTF-8"
  }

  /// Whether a name looks as it is printed: with `\\` for a backslash, and `\xNN` for a byte.
  private var isSpelled: Bool {
    let backslash = UInt8(ascii: "\\")
    for place in startIndex..<endIndex where self[place] == backslash {
      let next = self[(place + 1)...].prefix(3)
      if next.first == backslash { return true }
      if next.count == 3, next.first == UInt8(ascii: "x"),
        next.dropFirst().allSatisfy({ $0.hexValue != nil })
      {
        return true
      }
    }
    return false
  }

  /// Why no host, or none of sshd, has this name; nil if it is an address or a network.
  fileprivate func hostOddity(inRule isRule: Bool) -> Text? {
    let address = self[..<(firstIndex(of: UInt8(ascii: "/")) ?? endIndex)]
    let inner = address.first == UInt8(ascii: "[") ? address.dropFirst().dropLast() : address
    guard HostAddress(parsing: inner) == nil else { return nil }
    guard Name(self).isHostName else {
      return "no host has this name: a host is an address, or a name of DNS"
    }
    let isLocal = !isRule && map { $0.lowercased }[...].isEqual(to: "localhost")
    return isLocal
      ? nil : "this is for programs that tell names of hosts: of sshd, a host is its address"
  }
}

extension Name {
  /// Whether a host of DNS may have this name: letters or the like, not digits and dots alone.
  public var isHostName: Bool {
    bytes.allSatisfy { $0.isInHostName }
      && bytes.contains { !$0.isDigit && $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") }
  }
}
