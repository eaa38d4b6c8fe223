public import Policy

/// All decrees of a moment, as a login finds them one by one.
public struct DecreeBook: Sendable {
  /// In the order of their keys: networks and addresses, hosts by name, users.
  public let all: [Decree]
  private let usage: [UInt8]

  /// - Parameter all: in the order of their keys.
  init(_ all: [Decree]) {
    self.all = all
    var usage = DecreeUsage([])
    for decree in all { usage.add(decree.key) }
    self.usage = usage.encoded
  }

  /// None at all.
  public init() { self.init([]) }

  public var isEmpty: Bool { all.isEmpty }

  /// Without those that have expired since.
  public func holding(at now: Timestamp) -> DecreeBook {
    all.contains { $0.isOver(at: now) } ? DecreeBook(all.filter { !$0.isOver(at: now) }) : self
  }

  /// The decree that decides of `subject`, by the address that it is; nil if none does.
  public func decree(for subject: Subject, at now: Timestamp) -> Decree? {
    for key in Decree.keys(for: Decree.name(of: subject, nil), by: usage) {
      if let decree = decree(key), !decree.isOver(at: now) { return decree }
    }
    return nil
  }

  /// The decree of that kind on exactly `target`; nil if there is none.
  public func decree(_ kind: Decree.Kind, on target: AllowList.Entry, at now: Timestamp) -> Decree?
  {
    decree(target.decreeKey(kind)).flatMap { $0.isOver(at: now) ? nil : $0 }
  }

  private func decree(_ key: [UInt8]) -> Decree? {
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return low < all.count && all[low].key == key ? all[low] : nil
  }
}

/// Which prefixes and kinds of decrees there are, so that a login looks for no others: for each,
/// family 1, length 1, kind 1, how many 4. Those that win stand first.
struct DecreeUsage {
  private var entries: [(family: [UInt8], count: Int)] = []

  init(_ encoded: [UInt8]) {
    var reader = Bytes.Reader(encoded)
    while let one = reader.byte(), let length = reader.byte(), let kind = reader.byte(),
      let count = reader.integer(4)
    {
      entries.append(([one, length, kind], Int(count)))
    }
  }

  var encoded: [UInt8] {
    entries.reduce(into: []) { $0 += $1.family + Bytes.bigEndian(UInt64($1.count), count: 4) }
  }

  /// - Parameter key: of a decree that is new.
  mutating func add(_ key: [UInt8]) {
    let family = Self.family(key)
    if let place = entries.firstIndex(where: { $0.family == family }) {
      entries[place].count += 1
      return
    }
    let place = entries.firstIndex { Self.rank(family) < Self.rank($0.family) }
    entries.insert((family, 1), at: place ?? entries.count)
  }

  /// - Parameter key: of a decree that goes.
  mutating func remove(_ key: [UInt8]) {
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
