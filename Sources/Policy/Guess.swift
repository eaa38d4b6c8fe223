internal import Text

/// The user of an attempt: all that a clause asks that counts only some users' attempts.
///
/// One word, so that the table of attempts in flight has room for it.
public struct Tried: Equatable, Sendable {
  /// A hash of the user's name but for the two lowest bits: 0 if it isn't known whether there is
  /// such a user, 1 if there is one, 2 if there is none.
  public let word: UInt64

  public init(word: UInt64) { self.word = word }

  /// - Parameters:
  ///   - name: the bytes of the user's, as it was typed; none if there is no user.
  ///   - isUnknown: whether there is no such user; nil as long as that is not known.
  @inline(never)
  public init(_ name: some Sequence<UInt8>, isUnknown: Bool?) {
    // It need not resist an attacker: two names that have the same hash count as one.
    let named = Tried(word: name.fnv1a & ~3)
    self = if let isUnknown { named.resolved(isUnknown: isUnknown) } else { named }
  }

  /// Some user that exists.
  public static var existing: Tried { Tried(word: 1) }

  /// Some user that doesn't exist.
  public static var unknown: Tried { Tried(word: 2) }

  /// Whether there is no such user; nil as long as that is not known.
  public var isUnknown: Bool? { word & 3 == 0 ? nil : word & 2 != 0 }

  /// The same user, once it is known.
  public func resolved(isUnknown: Bool) -> Tried {
    Tried(word: word & ~3 | (isUnknown ? 2 : 1))
  }
}

/// An attempt on record, as a rule counts it.
public struct Guess: Equatable, Comparable, Sendable {
  public var time: Timestamp
  public let tried: Tried

  public init(_ time: Timestamp, _ tried: Tried = .existing) {
    (self.time, self.tried) = (time, tried)
  }

  /// The older one first.
  public static func < (one: Guess, other: Guess) -> Bool { one.time < other.time }
}

/// Whose attempts a clause counts.
public struct Users: Equatable, Sendable {
  /// Whether it is those of all that aren't named.
  public let isInverted: Bool
  /// As they are written: `?` is any user that doesn't exist, `*` is any.
  public let names: [Pattern]

  public init(isInverted: Bool = false, _ names: [Pattern]) {
    (self.isInverted, self.names) = (isInverted, names)
  }

  /// Whether it matters if a user exists.
  public var asksForUnknown: Bool {
    for name in names where name.sign == UInt8(ascii: "?") { return true }
    return false
  }

  /// Whether such an attempt counts; as long as it isn't known whether there is such a user, it
  /// counts if it would for either.
  @inline(never)
  public func include(_ tried: Tried) -> Bool {
    var isOpen = false
    for name in names {
      if name.sign == UInt8(ascii: "?") {
        if tried.isUnknown == true { return !isInverted }
        isOpen = tried.isUnknown == nil
      } else if name.sign == UInt8(ascii: "*") || name.user == tried.word | 3 {
        return !isInverted
      }
    }
    return isOpen || isInverted
  }
}
