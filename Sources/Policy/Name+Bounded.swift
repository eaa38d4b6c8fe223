internal import Text

extension Name {
  /// The most bytes that are kept of a name.
  public static let longest = 255

  /// A name from outside, which may be of any length: beyond 255 bytes it is cut, and ends in `~`
  /// and a hash of all.
  ///
  /// The hash (FNV-1a, 64 bits) keeps long names apart that begin alike. It need not resist an
  /// attacker: no account has such a name, and an attacker whose guesses at two names count as one
  /// name's is only blocked the sooner.
  public init(bounded bytes: [UInt8]) {
    guard bytes.count > Self.longest else {
      self.init(bytes)
      return
    }
    let hash = bytes.fnv1a
    let digits = (0..<16).map { index in
      UInt8(truncatingIfNeeded: hash >> UInt64(60 - 4 * index) & 15).hexDigit
    }
    self.init(Array(bytes.prefix(Self.longest - 17)) + [UInt8(ascii: "~")] + digits)
  }
}
