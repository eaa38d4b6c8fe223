internal import Synchronization

/// The grants that hold now: they may change while the server runs, and what is reserved stays.
public final class SharedGrants: Sendable {
  private let grants: Mutex<Grants>

  public init(_ grants: Grants = Grants()) { self.grants = Mutex(grants) }

  /// As they are at this moment.
  public var current: Grants { grants.withLock { $0 } }

  /// Whether `user` may report of itself at most.
  func isOrdinary(_ user: UInt32) -> Bool { user != 0 && current.services(of: user).isEmpty }

  /// They hold from the next request on.
  public func replace(_ new: Grants) { grants.withLock { $0 = new } }
}
