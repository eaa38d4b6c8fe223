public import BlockList
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
