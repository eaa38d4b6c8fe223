internal import Synchronization

/// Counts connections, requests and what is kept of long answers by the user at their other end.
final class Turnstile: Sendable {
  private struct Count {
    var connections = 0
    /// Whether it was an ordinary one when it made the first of them.
    var isOrdinary = false
    /// Bytes of answers that it hasn't taken yet.
    var kept = 0
    /// Requests that may still come, in thousandths.
    var tokens: Int64
    var time: Int64
  }

  private struct State {
    /// Connections of all, and of ordinary users; bytes that are kept.
    var (total, ordinary, kept) = (0, 0, 0)
    var users: [UInt32: Count] = [:]
  }

  private let state = Mutex(State())
  private let bounds: Bounds
  private let grants: SharedGrants

  init(_ bounds: Bounds, _ grants: SharedGrants) { (self.bounds, self.grants) = (bounds, grants) }

  /// Whether one more connection of `user` may be; then it is counted until it leaves.
  ///
  /// Ordinary users have half of all together, because one person can be thousands of them: those of
  /// subuid(5). Root and those that it has named find a place all the same.
  func enter(_ user: UInt32, at milliseconds: Int64) -> Bool {
    state.withLock { state in
      let most = mostConnections(of: user)
      var count = state.users[user] ?? Count(tokens: burst, time: milliseconds)
      if count.connections == 0 { count.isOrdinary = !isTrusted(user) }
      guard state.total < bounds.connections, count.connections < most else { return false }
      guard !count.isOrdinary || state.ordinary < bounds.connections / 2 else { return false }
      count.connections += 1
      state.total += 1
      if count.isOrdinary { state.ordinary += 1 }
      state.users[user] = count
      return true
    }
  }

  func leave(_ user: UInt32, at milliseconds: Int64) {
    state.withLock { state in
      state.total -= 1
      state.users[user]?.connections -= 1
      if state.users[user]?.isOrdinary == true { state.ordinary -= 1 }
      // A user that comes back at once finds its tokens as they were.
      if state.users.count > 256 {
        state.users = state.users.filter {
          $0.value.connections > 0 || $0.value.kept > 0 || milliseconds - $0.value.time < 10_000
        }
      }
    }
  }

  /// Whether one more request of `user` may be done now.
  func pass(_ user: UInt32, at milliseconds: Int64) -> Bool {
    guard !isTrusted(user) else { return true }
    return state.withLock { state in
      guard var count = state.users[user] else { return false }
      let elapsed = max(0, milliseconds - count.time)
      count.tokens = min(burst, count.tokens + min(elapsed, 60_000) * Int64(rate))
      count.time = milliseconds
      let mayPass = count.tokens >= 1000
      if mayPass { count.tokens -= 1000 }
      state.users[user] = count
      return mayPass
    }
  }

  /// Whether a long answer may be kept for `user` until it is taken; then it is counted until it is
  /// let go of.
  func keep(_ bytes: Int, for user: UInt32, at milliseconds: Int64) -> Bool {
    state.withLock { state in
      var count = state.users[user] ?? Count(tokens: burst, time: milliseconds)
      guard count.kept == 0 || state.kept + bytes <= bounds.answers else { return false }
      count.kept += bytes
      state.kept += bytes
      state.users[user] = count
      return true
    }
  }

  func letGo(of bytes: Int, for user: UInt32) {
    state.withLock { state in
      state.kept -= bytes
      state.users[user]?.kept -= bytes
    }
  }

  private var rate: Int { bounds.requestsOfOrdinary }
  private var burst: Int64 { Int64(rate) * 2000 }

  /// Root, and the users that the administrator has named: a server's own clients must not be able to make it
  /// meet a rate here, for then it would let them guess.
  private func isTrusted(_ user: UInt32) -> Bool {
    guard user != 0 else { return true }
    let grants = grants.current
    return grants.mayLook(user) || !grants.services(of: user).isEmpty
  }

  private func mostConnections(of user: UInt32) -> Int {
    if user == 0 { return bounds.connections }
    return isTrusted(user) ? bounds.connectionsOfGranted : bounds.connectionsOfOrdinary
  }
}
