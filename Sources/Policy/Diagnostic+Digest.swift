public import Text

/// What is said of the mistakes of a configuration where they come with each login: the first few.
public struct DiagnosticDigest: Sendable {
  /// What is said in full.
  public let shown: [Diagnostic]
  /// How many more there are.
  public let hidden: Int
  /// How bad the worst of all is; nil if there is none.
  public let severity: SyntaxError.Severity?

  /// How many are said.
  public static var most: Int { 5 }

  /// The first of `diagnostics`, errors before warnings.
  public init(_ diagnostics: [Diagnostic]) {
    var shown: [Diagnostic] = []
    for severity in [SyntaxError.Severity.error, .warning] {
      for one in diagnostics where one.severity == severity && shown.count < Self.most {
        shown.append(one)
      }
    }
    self.shown = shown
    hidden = diagnostics.count - shown.count
    severity = shown.first?.severity
  }

  /// One line on those that aren't shown; nil if all are.
  public var remark: Text? {
    guard hidden > 0 else { return nil }
    let mistakes: Text = hidden == 1 ? "1 more mistake" : "\(hidden) more mistakes"
    return "\(mistakes) in the configuration; 'ablctl check-config' shows all"
  }
}
