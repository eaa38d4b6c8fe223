/// Pauses between looks at something that others change: each is twice the one before, from 50 µs
/// to 13 ms or so; then an eighth shorter than the one before, down to a millisecond; then they
/// grow again.
///
/// So newcomers soon look rarely, and those that have waited for long aren't overtaken by them for
/// ever. But not all of these look often at the same time, which would take the processors away
/// from the one they wait for: with pauses that stayed at a millisecond the slowest of 128 logins
/// at once, on two processors, took a third longer.
public struct BackOff {
  private var microseconds: Int64 = 50
  private var isFalling = false

  public init() {}

  /// Waits, each time longer, up to the end of its time.
  public mutating func pause() { Clock.pause(microseconds: next()) }

  /// How long the next pause is, in microseconds.
  @inline(never)
  mutating func next() -> Int64 {
    let pause = microseconds
    if pause >= 12_800 { isFalling = true }
    if pause < 1000 { isFalling = false }
    microseconds = isFalling ? pause - pause / 8 : pause * 2
    return pause
  }
}
