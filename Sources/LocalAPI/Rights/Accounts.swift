internal import Glibc
internal import Policy
internal import Synchronization

/// The names of users by their numbers, as the system tells them.
///
/// A directory service may take its time: this is asked on threads of its own, and what it said is
/// remembered for a minute.
final class Accounts: Sendable {
  private struct Known {
    let name: Name?
    let time: Int64
  }

  private let known = Mutex<[UInt32: Known]>([:])
  private static let seconds: Int64 = 60
  private static let most = 1024

  /// Nil if it isn't known, and has to be looked up.
  func remembered(_ user: UInt32, at now: Int64) -> Name?? {
    known.withLock { known in
      guard let entry = known[user], now - entry.time < Self.seconds else { return nil }
      return .some(entry.name)
    }
  }

  /// Asks the system, and remembers it; this may take long.
  func lookUp(_ user: UInt32, at now: Int64) -> Name? {
    let name = Self.name(of: user)
    known.withLock { known in
      if known.count >= Self.most { known.removeAll() }
      known[user] = Known(name: name, time: now)
    }
    return name
  }

  private static func name(of user: UInt32) -> Name? {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let count = buffer.count
    guard unsafe getpwuid_r(user, &entry, &buffer, count, &found) == 0, unsafe found != nil,
      let name = unsafe entry.pw_name
    else { return nil }
    return unsafe Name(Array(String(cString: name).utf8))
  }

  /// The number of a user by its name, for the configuration; this may take long.
  static func number(of name: String) -> UInt32? {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let count = buffer.count
    let code = unsafe getpwnam_r(name, &entry, &buffer, count, &found)
    return unsafe code == 0 && found != nil ? entry.pw_uid : nil
  }
}
