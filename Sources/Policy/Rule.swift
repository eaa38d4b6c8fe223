public import Text

/// Says what is blocked: a subject that reaches any limit of any clause that is for it.
public struct Rule: Equatable, Sendable {
  public var clauses: [Clause]

  /// A rule of no clauses never blocks.
  public init(_ clauses: [Clause] = []) {
    self.clauses = clauses
  }

  /// The most failures that any limit asks for; fewer than these must not be kept.
  public var largestCount: UInt32 {
    limits.reduce(0) { max($0, $1.failures) }
  }

  /// The fewest failures that any limit asks for: with fewer no subject is blocked.
  public var leastCount: UInt32 {
    limits.reduce(UInt32.max) { min($0, $1.failures) }
  }

  /// The longest time that any limit looks back, in seconds.
  public var longestWindow: UInt32 {
    limits.reduce(0) { max($0, $1.window) }
  }

  /// Whether a clause counts only what is at some users; then what is at others mustn't push these
  /// out.
  public var isSelective: Bool { clauses.contains { $0.users != nil } }

  /// Whether no pattern names a service.
  public var isForAnyService: Bool {
    clauses.allSatisfy { clause in clause.patterns.allSatisfy { $0.allowsAnyService } }
  }

  /// Whether it matters if a user exists.
  public var asksForUnknown: Bool { clauses.contains { $0.users?.asksForUnknown ?? false } }

  private var limits: [Limit] {
    clauses.flatMap { $0.limits }
  }

  /// The rule as it is written.
  public var text: Text {
    clauses.map { $0.text }.joined(by: " ")
  }
}

extension [Text] {
  /// The texts in one, with `separator` between them.
  func joined(by separator: Text) -> Text {
    var joined = Text()
    for (index, text) in enumerated() {
      if index > 0 { joined += separator }
      joined += text
    }
    return joined
  }
}
