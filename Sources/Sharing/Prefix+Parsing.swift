internal import Policy

extension Prefix {
  /// Reads `192.0.2.7` or `192.0.2.0/24`; nil for anything else, also for bits behind the prefix.
  public init?(parsing text: String) {
    let words = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = words.first, words.count <= 2,
      let address = HostAddress(parsing: Array(first.utf8)[...])
    else { return nil }
    guard words.count == 2 else {
      self.init(address)
      return
    }
    guard let length = UInt8(words[1]) else { return nil }
    self.init(address, length: length)
    guard self.address == address else { return nil }
  }
}
