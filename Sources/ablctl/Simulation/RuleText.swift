internal import ArgumentParser
internal import Policy
internal import Text

/// A rule as it stands on the command line.
struct RuleText: ExpressibleByArgument {
  private let bytes: [UInt8]

  init(argument: String) { bytes = ArgumentBytes.bytes(in: argument) }

  /// The rule; its mistakes are shown on standard error, as compilers do.
  func rule(of option: Text) -> (rule: Rule, isUsable: Bool) {
    var mistakes: [SyntaxError] = []
    let rule = Rule(recovering: bytes[...], mistakes: &mistakes)
    for mistake in mistakes {
      let diagnostic = Diagnostic(mistake, in: bytes, file: option)
      Terminal.write(diagnostic.picture + "\n", to: .error)
    }
    return (rule, mistakes.isEmpty)
  }
}

/// A moment as it stands on the command line: seconds since 1970, or RFC 3339.
struct Moment: ExpressibleByArgument {
  let time: Timestamp

  init?(argument: String) {
    guard let time = Timestamp(parsing: ArgumentBytes.bytes(in: argument)) else { return nil }
    self.time = time
  }
}
