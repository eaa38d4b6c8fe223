/// Which prefixes and kinds of decrees there are, so that a login looks for no others: for each,
/// family 1, length 1, kind 1, how many 4. Those that win stand first.
package struct DecreeUsage {
  private var entries: [(family: [UInt8], count: Int)] = []

  package init(_ encoded: [UInt8]) {
    var reader = Bytes.Reader(encoded)
    while let one = reader.byte(), let length = reader.byte(), let kind = reader.byte(),
      let count = reader.integer(4)
    {
      entries.append(([one, length, kind], Int(count)))
    }
  }

  package var encoded: [UInt8] {
    entries.reduce(into: []) { $0 += $1.family + Bytes.bigEndian(UInt64($1.count), count: 4) }
  }

  /// - Parameter key: of a decree that is new.
  package mutating func add(_ key: [UInt8]) {
    let family = Self.family(key)
    if let place = entries.firstIndex(where: { $0.family == family }) {
      entries[place].count += 1
      return
    }
    let place = entries.firstIndex { Self.rank(family) < Self.rank($0.family) }
    entries.insert((family, 1), at: place ?? entries.count)
  }

  /// - Parameter key: of a decree that goes.
  package mutating func remove(_ key: [UInt8]) {
    let family = Self.family(key)
    guard let place = entries.firstIndex(where: { $0.family == family }) else { return }
    entries[place].count -= 1
    if entries[place].count <= 0 { entries.remove(at: place) }
  }

  private static func family(_ key: [UInt8]) -> [UInt8] {
    [Decree.family(key)] + key.suffix(2)
  }

  /// By family; then the longest first; then an allow before a block.
  private static func rank(_ family: [UInt8]) -> Int {
    Int(family[0]) << 16 | (255 - Int(family[1])) << 8 | Int(family[2])
  }
}
