/// How long to wait before what has failed is tried again: from a tenth of a second to ten.
struct Retry {
  private(set) var due: Int64 = 0
  private var pause: Int64 = 100

  /// - Parameter isLasting: whether it will hardly get better by itself; then ten minutes.
  mutating func fail(_ clock: Int64, isLasting: Bool) {
    due = clock + (isLasting ? 600_000 : pause)
    pause = min(pause * 2, 10_000)
  }
}

/// How long to wait before the table is made anew, where another program removes it again and again:
/// five times in a minute it comes back at once, then later and later.
struct Storm {
  private(set) var due: Int64 = 0
  private var times: [Int64] = []

  mutating func note(_ clock: Int64) {
    times.removeAll { $0 <= clock - 60_000 }
    times.append(clock)
    let excess = times.count - 5
    due = excess > 0 ? clock + min(100 << Int64(min(excess - 1, 7)), 10_000) : clock
  }
}
