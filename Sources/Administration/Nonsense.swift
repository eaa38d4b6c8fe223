internal import Policy

extension Subject {
  /// Why there can't be this subject, unless it is known; nil if there may be such a one.
  ///
  /// Strangers may have failed under any name. But "clear" of `300.1.1.1`, of a list or of a network
  /// would be a false comfort.
  ///
  /// - Parameter kind: what the words say that it is; nil if a name stands there alone.
  func nonsense(as kind: Kind?) -> String? {
    switch self {
    case .host(.address), .host(.network), .network, .caller, .home: nil
    case .host(.name(let name)): name.isHostName ? nil : name.bytes[...].whyNoHost
    case .user(let name): name.bytes[...].whyNoUser(isSaid: kind == .user)
    }
  }
}

extension ArraySlice<UInt8> {
  private func has(_ characters: StaticString) -> Bool {
    let wanted = String(describing: characters).utf8
    return contains { wanted.contains($0) }
  }

  /// Whether this is an address, a network or a range of addresses, or would like to be one.
  private var isLikeAddress: Bool {
    split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy {
      $0.isLikeOneAddress
    }
  }

  private var isLikeOneAddress: Bool {
    var address = trimmed.prefix { $0 != UInt8(ascii: "/") }
    if address.first == UInt8(ascii: "[") { address = address.dropFirst() }
    if address.last == UInt8(ascii: "]") { address = address.dropLast() }
    if HostAddress(parsing: address) != nil { return true }
    let dots = address.count { $0 == UInt8(ascii: ".") }
    let colons = address.count { $0 == UInt8(ascii: ":") }
    let digits = address.count { (48...57).contains($0) }
    if dots > 0, dots + digits == address.count { return true }
    let letters = address.count { (97...102).contains($0 | 0x20) }
    return colons > 1 && colons + dots + digits + letters == address.count
  }

  /// Whether only a mistyped address can look so, where no word says that it is a user: a list of
  /// addresses, one with its port, or one with a wrong letter.
  var isMeantForAddress: Bool {
    let parts = split { $0 <= 0x20 || $0 == UInt8(ascii: "-") }
    return !parts.isEmpty
      && parts.allSatisfy { $0.withoutPort.isLikeOneAddress || $0.withoutPort.hasGroups }
  }

  /// Without what stands behind an address in brackets, or behind the only colon.
  private var withoutPort: ArraySlice<UInt8> {
    if let end = lastIndex(of: UInt8(ascii: "]")) { return self[...end] }
    let colons = indices.filter { self[$0] == UInt8(ascii: ":") }
    return colons.count == 1 ? self[..<colons[0]] : self
  }

  /// Whether colons divide it as an address of IPv6, and one of its groups could be one's.
  private var hasGroups: Bool {
    let brackets: [UInt8] = [UInt8(ascii: "["), UInt8(ascii: "]")]
    let address = prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "%") }
      .filter { !brackets.contains($0) }
    let groups = address.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard groups.count == 8 || groups.count > 2 && groups.dropFirst().contains([]) else {
      return false
    }
    let isPlain = groups.allSatisfy { $0.allSatisfy { $0.isDigit || (97...122) ~= $0 | 0x20 } }
    return isPlain
      && groups.contains { group in
        group.count <= 4 && group.contains { $0.isDigit }
          && group.allSatisfy { $0.isDigit || (97...102) ~= $0 | 0x20 }
      }
  }

  /// Without blanks and ends of lines around it.
  var trimmed: ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    var trimmed = drop(while: isBlank)
    while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
    return trimmed
  }

  var whyNoHost: String {
    if has(",;") { return "it is a list; give one at a time" }
    let isNetwork = has("/") && isLikeAddress
    return isNetwork
      ? "it is a network; give an address" : "it is neither an address nor a name of DNS"
  }

  /// - Parameter isSaid: whether the words say that it is a user.
  fileprivate func whyNoUser(isSaid: Bool) -> String? {
    if has(",;") { return "it is a list; give one at a time" }
    if has("*?") { return "there are no patterns; give a name" }
    let isAddress = isLikeAddress || !isSaid && isMeantForAddress
    return isAddress ? "it is an address, or like one" : nil
  }
}

extension TypedName {
  /// Those of `subjects`, all that may be meant, that there may be; nothing is known of any.
  ///
  /// - Throws: `Misuse` if this can't be the name of any.
  @discardableResult
  func plausible(
    among subjects: [Subject], as kind: Kind?, _ command: String
  ) throws -> [Subject] {
    let plausible = subjects.filter { $0.nonsense(as: kind) == nil }
    if plausible.isEmpty, let first = subjects.first, let why = first.nonsense(as: kind) {
      throw Misuse.nonsense(first, why, command)
    }
    return plausible
  }
}
