internal import Synchronization

/// Counts connections, requests and what is kept of long answers by the user at their other end.
///
/// One person can be thousands of ordinary users, those of subuid(5). So each of them has bounds, and
/// all together have others; root and the users that it has named find a place all the same.
final class Turnstile: Sendable {
  private enum Rank {
    /// These meet no rate: a server's own clients could make it meet one, and it would let them guess.
    case root, reporter
    case looker, ordinary
  }

  /// Requests that may still come, in thousandths: of two seconds at once.
  private struct Bucket {
    var tokens: Int64
    var time: Int64

    init(_ rate: Int, at time: Int64) { (tokens, self.time) = (Int64(rate) * 2000, time) }

    mutating func take(_ rate: Int, at now: Int64) -> Bool {
      let elapsed = min(max(0, now - time), 60_000)
      tokens = min(Int64(rate) * 2000, tokens + elapsed * Int64(rate))
      time = now
      guard tokens >= 1000 else { return false }
      tokens -= 1000
      return true
    }
  }

  private struct Count {
    /// Bytes of answers that it hasn't taken yet.
    var kept = 0
    var (arrivals, requests): (Bucket, Bucket)
  }

  private struct State {
    /// Of connections.
    var places: Places
    /// Bytes that are kept, of all.
    var kept = 0
    var users: [UInt32: Count] = [:]
    /// Of all ordinary users together.
    var crowdArrivals: Bucket
    var crowdRequests: Bucket
    /// When users that left were forgotten last.
    var swept: Int64 = 0
  }

  private let state: Mutex<State>
  private let bounds: Bounds
  private let grants: SharedGrants

  init(_ bounds: Bounds, _ grants: SharedGrants) {
    (self.bounds, self.grants) = (bounds, grants)
    let most = bounds.requestsOfAllOrdinary
    state = Mutex(
      State(
        places: Places(bounds.connections), crowdArrivals: Bucket(2 * most, at: 0),
        crowdRequests: Bucket(most, at: 0)))
  }

  /// Whether one more connection of `user` may be; then it is counted until it leaves.
  ///
  /// A user that meets a rate with its requests meets it with its connections, too: many programs make
  /// one for each request.
  func enter(_ user: UInt32, at milliseconds: Int64) -> Bool {
    state.withLock { state in
      let rank = rank(of: user)
      let isFree = state.places.isFree(
        for: user, isOrdinary: rank == .ordinary, most: mostConnections(of: rank),
        free: rank == .root ? 0 : bounds.connections / 32)
      guard isFree, mayArrive(user, rank, &state, at: milliseconds) else { return false }
      state.places.take(user, isOrdinary: rank == .ordinary)
      return true
    }
  }

  /// A user that is turned away leaves no trace, unless it has one.
  private func mayArrive(
    _ user: UInt32, _ rank: Rank, _ state: inout State, at milliseconds: Int64
  ) -> Bool {
    var count = state.users[user] ?? newCount(rank, at: milliseconds)
    let isInTime = take(&count.arrivals, rank, &state.crowdArrivals, at: milliseconds)
    if isInTime || state.users[user] != nil { state.users[user] = count }
    return isInTime
  }

  private func take(
    _ own: inout Bucket, _ rank: Rank, _ crowd: inout Bucket, at milliseconds: Int64
  ) -> Bool {
    guard rank == .looker || rank == .ordinary else { return true }
    guard own.take(rate(of: rank), at: milliseconds) else { return false }
    return rank == .looker || crowd.take(2 * bounds.requestsOfAllOrdinary, at: milliseconds)
  }

  func leave(_ user: UInt32, at milliseconds: Int64) {
    state.withLock { state in
      state.places.letGo(user)
      // A user that comes back at once finds its tokens as they were.
      guard state.users.count > 256, milliseconds - state.swept >= 1000 else { return }
      state.swept = milliseconds
      let places = state.places
      state.users = state.users.filter {
        places.count(of: $0.key) > 0 || $0.value.kept > 0
          || milliseconds - $0.value.arrivals.time < 10_000
      }
    }
  }

  /// Whether one more request of `user` may be done now.
  func pass(_ user: UInt32, at milliseconds: Int64) -> Bool {
    let rank = rank(of: user)
    guard rank == .looker || rank == .ordinary else { return true }
    return state.withLock { state in
      guard state.users[user]?.requests.take(rate(of: rank), at: milliseconds) == true else {
        return false
      }
      guard rank == .ordinary else { return true }
      return state.crowdRequests.take(bounds.requestsOfAllOrdinary, at: milliseconds)
    }
  }

  /// Whether a long answer may be kept for `user` until it is taken; then it is counted until it is
  /// let go of.
  func keep(_ bytes: Int, for user: UInt32, at milliseconds: Int64) -> Bool {
    state.withLock { state in
      var count = state.users[user] ?? newCount(rank(of: user), at: milliseconds)
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

  private func newCount(_ rank: Rank, at milliseconds: Int64) -> Count {
    let bucket = Bucket(rate(of: rank), at: milliseconds)
    return Count(arrivals: bucket, requests: bucket)
  }

  private func rank(of user: UInt32) -> Rank {
    guard user != 0 else { return .root }
    let grants = grants.current
    if !grants.services(of: user).isEmpty { return .reporter }
    return grants.mayLook(user) ? .looker : .ordinary
  }

  /// Requests a second.
  private func rate(of rank: Rank) -> Int {
    rank == .ordinary ? bounds.requestsOfOrdinary : bounds.requestsOfLooker
  }

  private func mostConnections(of rank: Rank) -> Int {
    switch rank {
    case .root: bounds.connections
    case .reporter: bounds.connectionsOfReporter
    case .looker: bounds.connectionsOfLooker
    case .ordinary: bounds.connectionsOfOrdinary
    }
  }
}
