public import Text

/// So many failures within so long.
public struct Limit: Equatable, Sendable {
  /// How many failures block, from 1 to `most`.
  public var failures: UInt32
  /// For how long a failure counts, in seconds, from 1.
  public var window: UInt32

  /// The most failures a rule may ask for, and the most that are kept of a subject.
  public static var most: UInt32 { 10_000 }

  public init(failures: UInt32, window: UInt32) {
    self.failures = failures
    self.window = window
  }

  /// `10/1h`: in the largest unit that divides the window.
  public var text: Text {
    Text(failures) + "/" + Units.time.text(of: UInt64(window))
  }
}
