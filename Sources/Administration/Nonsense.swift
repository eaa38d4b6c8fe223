internal import Policy

extension Subject {
  /// Why there can't be this subject, unless it is known; nil if there may be such a one.
  ///
  /// Strangers may have failed under any name. But "clear" of `300.1.1.1`, of a list or of a network
  /// would be a false comfort.
  var nonsense: String? {
    switch self {
    case .host(.address), .host(.network), .network, .caller, .home: nil
    case .host(.name(let name)): name.isHostName ? nil : name.bytes[...].whyNoHost
    case .user(let name): name.bytes[...].whyNoUser
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

  /// Without blanks and ends of lines around it.
  var trimmed: ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    var trimmed = drop(while: isBlank)
    while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
    return trimmed
  }

  fileprivate var whyNoHost: String {
    if has(",;") { return "it is a list; give one at a time" }
    let isNetwork = has("/") && isLikeAddress
    return isNetwork
      ? "it is a network; give an address" : "it is neither an address nor a name of DNS"
  }

  fileprivate var whyNoUser: String? {
    if has(",;") { return "it is a list; give one at a time" }
    if has("*?") { return "there are no patterns; give a name" }
    return isLikeAddress ? "it is an address, or like one" : nil
  }
}

extension TypedName {
  /// - Parameter subjects: all that may be meant; nothing is known of any.
  /// - Throws: `Misuse` if this can't be the name of any.
  func refuseNonsense(_ subjects: [Subject], _ command: String) throws {
    guard network == nil, let first = subjects.first, let why = first.nonsense,
      subjects.allSatisfy({ $0.nonsense != nil })
    else { return }
    throw Misuse.nonsense(first, why, command)
  }
}
