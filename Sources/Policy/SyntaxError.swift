public import Text

/// What is wrong with a text, and where.
public struct SyntaxError: Error, Equatable, Sendable {
  public var problem: Problem
  /// The offending bytes, as indices of what the text was cut from; empty if something is missing.
  public var range: Range<Int>

  public init(_ problem: Problem, at range: Range<Int>) {
    self.problem = problem
    self.range = range
  }

  /// How bad it is.
  public var severity: Severity { problem.severity }

  /// A warning says that something isn't used as it was written; an error, that it isn't used.
  public enum Severity: Equatable, Sendable {
    case warning, error

    /// `warning` or `error`.
    public var text: Text {
      self == .warning ? "warning" : "error"
    }
  }
}
