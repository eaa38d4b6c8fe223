public import Text

/// What is wrong with a text, and where.
///
/// One pointer, as `SystemError` is, and for the same reason.
public struct SyntaxError: Error, Equatable, Sendable {
  private let details: Details

  private final class Details: Sendable {
    let problem: Problem
    let range: Range<Int>

    init(_ problem: Problem, _ range: Range<Int>) {
      (self.problem, self.range) = (problem, range)
    }
  }

  @inline(never)
  public init(_ problem: Problem, at range: Range<Int>) {
    details = Details(problem, range)
  }

  public static func == (one: SyntaxError, other: SyntaxError) -> Bool {
    one.problem == other.problem && one.range == other.range
  }

  /// What is wrong.
  public var problem: Problem { details.problem }

  /// The offending bytes, as indices of what the text was cut from; empty if something is missing.
  public var range: Range<Int> { details.range }

  /// How bad it is.
  public var severity: Severity { problem.severity }

  /// A warning says that something isn't used as it was written; an error, that it isn't used.
  public enum Severity: Equatable, Sendable {
    case note, warning, error

    /// `note`, `warning` or `error`.
    public var text: Text {
      switch self {
      case .note: "note"
      case .warning: "warning"
      case .error: "error"
      }
    }
  }
}
