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

  /// Numbers without an account apart: one person may have thousands of them, those of subuid(5).
  private struct Memory {
    var (named, nameless): ([UInt32: Known], [UInt32: Known]) = ([:], [:])
  }

  private let memory = Mutex(Memory())
  private static let seconds: Int64 = 60
  private static let most = 1024

  /// Nil if it isn't known, and has to be looked up.
  func remembered(_ user: UInt32, at now: Int64) -> Name?? {
    memory.withLock { memory in
      guard let entry = memory.named[user] ?? memory.nameless[user],
        now - entry.time < Self.seconds
      else { return nil }
      return .some(entry.name)
    }
  }

  /// Asks the system, and remembers it; this may take long.
  func lookUp(_ user: UInt32, at now: Int64) -> Name? {
    let name = Self.name(of: user)
    memory.withLock { memory in
      (memory.named[user], memory.nameless[user]) = (nil, nil)
      let entry = Known(name: name, time: now)
      if name == nil {
        Self.add(entry, user, &memory.nameless)
      } else {
        Self.add(entry, user, &memory.named)
      }
    }
    return name
  }

  private static func add(_ entry: Known, _ user: UInt32, _ known: inout [UInt32: Known]) {
    if known.count >= most, let oldest = known.min(by: { $0.value.time < $1.value.time }) {
      known[oldest.key] = nil
    }
    known[user] = entry
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
