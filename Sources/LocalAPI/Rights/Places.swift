/// Places of which each user has only some, and all ordinary users together half: one person can be
/// thousands of them, those of subuid(5).
struct Places {
  private struct Holding {
    var count = 0
    /// As it was when the user took the first of them.
    let isOrdinary: Bool
  }

  private var users: [UInt32: Holding] = [:]
  /// Those that are taken; and by ordinary users.
  private var (total, ordinary) = (0, 0)
  private let all: Int

  /// - Parameter all: how many there are.
  init(_ all: Int) { self.all = all }

  func count(of user: UInt32) -> Int { users[user]?.count ?? 0 }

  /// Whether `user` may have one more of them.
  ///
  /// - Parameters:
  ///   - most: how many it may have.
  ///   - free: how many are left to others.
  func isFree(for user: UInt32, isOrdinary: Bool, most: Int, free: Int = 0) -> Bool {
    guard total < all - free, count(of: user) < most else { return false }
    return !(users[user]?.isOrdinary ?? isOrdinary) || ordinary < all / 2
  }

  /// `user` takes one, until it lets go of it.
  mutating func take(_ user: UInt32, isOrdinary: Bool) {
    var holding = users[user] ?? Holding(isOrdinary: isOrdinary)
    holding.count += 1
    users[user] = holding
    total += 1
    if holding.isOrdinary { ordinary += 1 }
  }

  mutating func letGo(_ user: UInt32) {
    guard var holding = users[user] else { return }
    holding.count -= 1
    users[user] = holding.count > 0 ? holding : nil
    total -= 1
    if holding.isOrdinary { ordinary -= 1 }
  }
}
