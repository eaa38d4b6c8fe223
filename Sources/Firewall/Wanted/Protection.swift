internal import Policy

/// Addresses that never get into the firewall.
public struct Protection: Equatable, Sendable {
  /// This machine's own, its loopback, gateways, resolvers and proxies: no prefix that holds one is
  /// ever blocked, nor one that is in such a network.
  public let vital: [Prefix]
  /// What an allow list has: never blocked itself, and let through where it is part of a longer
  /// range that is.
  public let allowed: Set<Prefix>
  private let allowedLengths: Set<UInt8>

  public init(vital: [Prefix] = [], allowed: [Prefix] = []) {
    (self.vital, self.allowed) = (vital, Set(allowed))
    allowedLengths = Set(allowed.map { $0.length })
  }

  /// 127.0.0.0/8, ::1, and what means no host at all.
  public static let loopback: [Prefix] = [
    Prefix(.v4(127 << 24), length: 8),
    Prefix(.v4(0), length: 32),
    Prefix(.v6(high: 0, low: 1), length: 128),
    Prefix(.v6(high: 0, low: 0), length: 128),
  ]

  /// Whether `prefix` must not be blocked.
  public func covers(_ prefix: Prefix) -> Bool {
    vital.contains { $0.overlaps(prefix) } || isAllowed(prefix)
  }

  private func isAllowed(_ prefix: Prefix) -> Bool {
    allowedLengths.contains { length in
      length <= prefix.length && allowed.contains(Prefix(prefix.address, length: length))
    }
  }
}
