internal import CLinux

/// When what is to be done, by a clock of milliseconds that never steps.
struct Schedule {
  /// Of the store.
  var look: Int64 = 0
  /// When a look doesn't rely on what was known before.
  var fullLook: Int64 = 0
  /// When what the last look has told is carried again, since the fleet says something else.
  var carry: Int64 = .max
  /// Of the table in the kernel.
  var check: Int64 = 0
  /// Of this machine's addresses.
  var refresh: Int64 = .max
  /// Of all time-outs.
  var renewal: Int64 = clinux_milliseconds() + 3_600_000
  /// Of life, for a service manager.
  var sign: Int64 = 0
  /// When what only the start needed is given back; it wakes nothing.
  private var settling: Int64 = clinux_milliseconds() + 5000
  /// What the last look took.
  private var duration: Int64 = 0

  static let fullLookInterval: Int64 = 600_000

  /// A burst of failures is one look.
  static let coalescing: Int64 = 20

  var next: Int64 { min(look, carry, check, refresh, renewal, sign == 0 ? .max : sign) }

  /// Once, some seconds after the start, unmaps the code that ran until then: most of it never runs
  /// again, and was a third of what the daemon had in memory.
  mutating func settle(at clock: Int64) {
    guard clock >= settling else { return }
    settling = .max
    clinux_release_code()
  }

  /// Sees to it that there is a look within that time, unless looks take so long that they would
  /// leave no time for others.
  mutating func look(after pause: Int64) {
    look = min(look, clinux_milliseconds() + max(pause, min(duration * 4, 5000)))
  }

  /// A look that began then is over: the next one is in ten minutes, if nothing calls for it.
  mutating func looked(_ begun: Int64) {
    let now = clinux_milliseconds()
    duration = now - begun
    look = now + Self.fullLookInterval
  }
}
