/// Prefixes, so that one can ask whether another has an address in common with any of them.
public struct PrefixSet: Sendable {
  private var byLength: [[Set<Prefix>]] = Array(
    repeating: Array(repeating: [], count: 129), count: 2)
  private var lengths: [[UInt8]] = [[], []]

  public init(_ prefixes: some Sequence<Prefix> = []) {
    for prefix in prefixes { insert(prefix) }
  }

  /// Takes a prefix in.
  public mutating func insert(_ prefix: Prefix) {
    let family = prefix.isV6 ? 1 : 0
    if byLength[family][Int(prefix.length)].isEmpty {
      lengths[family].append(prefix.length)
      lengths[family].sort()
    }
    byLength[family][Int(prefix.length)].insert(prefix)
  }

  /// Whether an address of `prefix` lies in one of these.
  ///
  /// The work is one look for each length there is, and, where `prefix` is a network, one
  /// comparison for each longer one.
  public func overlaps(_ prefix: Prefix) -> Bool {
    let family = prefix.isV6 ? 1 : 0
    for length in lengths[family] {
      let candidates = byLength[family][Int(length)]
      if length <= prefix.length {
        if candidates.contains(prefix.shortened(to: length)) { return true }
      } else if candidates.contains(where: { prefix.contains($0) }) {
        return true
      }
    }
    return false
  }
}
