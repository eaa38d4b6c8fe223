/// How many attempts are kept of one subject: once there are more than `upper`, the newest
/// `lower`, the last one included.
public struct HistoryLimits: Equatable, Sendable {
  /// From 2, and not less than any rule asks for.
  public var lower: UInt32
  /// From `lower` to `Limit.most`.
  public var upper: UInt32

  public init(lower: UInt32, upper: UInt32) {
    self.lower = lower
    self.upper = upper
  }
}

/// What becomes of an attempt that never gets a verdict.
public enum Abandoned: Equatable, Sendable {
  /// It is forgotten: no guesser learned anything from it.
  case lapse
  /// It counts as a failure.
  case count
}

/// What happens to a login when the store can't be used.
public enum ErrorPolicy: Equatable, Sendable {
  /// The rest of the PAM stack decides.
  case allow
  /// It is refused.
  case deny
}

/// What is counted as one, although it differs.
public struct Alike: OptionSet, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Users whose names differ in the case of ASCII letters. `user_case = ignore`.
  public static var userCase: Alike { Alike(rawValue: 1) }
  /// `DOMAIN\u`, `u@DOMAIN` and `u`. `user_domain = strip`.
  public static var userDomain: Alike { Alike(rawValue: 2) }
  /// One wrong password, again from the same host for the same user. `same_password = once`.
  public static var password: Alike { Alike(rawValue: 4) }

  mutating func set(_ choice: Alike, to isChosen: Bool) {
    if isChosen { insert(choice) } else { remove(choice) }
  }
}

/// What one line of a PAM stack does; no word at all is everything, the empty set.
public struct Actions: OptionSet, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The words of a line of the stack, one by one.
  public static var checkUser: Actions { Actions(rawValue: 1) }
  public static var checkHost: Actions { Actions(rawValue: 2) }
  public static var checkBoth: Actions { [.checkUser, .checkHost] }
  public static var logUser: Actions { Actions(rawValue: 4) }
  public static var logHost: Actions { Actions(rawValue: 8) }
  public static var logBoth: Actions { [.logUser, .logHost] }
}
