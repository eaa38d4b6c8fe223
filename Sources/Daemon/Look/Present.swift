public import BlockList
public import Firewall
public import Policy

/// A host that is blocked now.
public struct BlockedHost: Sendable {
  public let prefix: Prefix
  /// The services it is blocked for, of those that it guessed at, and until when; none: for all.
  public let services: [(name: Name, until: Timestamp)]
  /// When its last block ends.
  public let until: Timestamp
  public let origin: Candidate.Origin
  /// How many attempts count against it, and when the last one was.
  public let failures: Int
  public let made: Timestamp

  public init(
    _ prefix: Prefix, _ services: [(name: Name, until: Timestamp)], until: Timestamp,
    origin: Candidate.Origin, failures: Int = 0, made: Timestamp = Timestamp(seconds: 0)
  ) {
    (self.prefix, self.services, self.until, self.origin) = (prefix, services, until, origin)
    (self.failures, self.made) = (failures, made)
  }

  /// The same of each part of its prefix that has none of `others`.
  func parts(without others: [Prefix]) -> [BlockedHost] {
    prefix.without(others).map {
      BlockedHost($0, services, until: until, origin: origin, failures: failures, made: made)
    }
  }
}

/// What a look has found.
public struct PresentBlocks: Sendable {
  public let hosts: [BlockedHost]
  /// When it will be otherwise without an event: an allow that ends by itself; nil if none does.
  public let change: Timestamp?
  /// What is let pass by hand.
  public let allowed: [Prefix]

  public init(_ hosts: [BlockedHost], change: Timestamp?, allowed: [Prefix] = []) {
    (self.hosts, self.change, self.allowed) = (hosts, change, allowed)
  }
}

/// Tells which hosts are blocked.
public protocol Present {
  /// All of them; those that were just blocked, too, whose failures are not in the store yet, and
  /// what is blocked by hand; but none that a decree lets pass.
  ///
  /// - Parameter isFull: whether nothing that was known before may be relied on.
  func blockedHosts(at now: Timestamp, isFull: Bool) throws(StoreError) -> PresentBlocks
}
