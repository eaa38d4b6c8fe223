/// How far the events were read: what is missing between two of them is counted.
public struct Position: Equatable, Sendable {
  /// The number of the last event; nil where none was ever read.
  public private(set) var last: UInt64?

  public init(after last: UInt64?) { self.last = last }

  /// What an event means for those that follow.
  public struct Step: Equatable, Sendable {
    /// How many before it were overtaken.
    public let missed: Int
    /// Whether it is of another store, whose numbers begin with 1.
    public let isNewStore: Bool
  }

  /// Goes on to an event, and says what that step means.
  public mutating func take(_ sequence: UInt64) -> Step {
    defer { last = sequence }
    guard let last else { return Step(missed: 0, isNewStore: false) }
    let isNewStore = sequence <= last
    let missed = sequence - (isNewStore ? min(1, sequence) : last + 1)
    return Step(missed: Int(clamping: missed), isNewStore: isNewStore)
  }
}
