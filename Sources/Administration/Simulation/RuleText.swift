internal import ArgumentParser
internal import Policy
internal import Text

/// A rule as it stands on the command line.
struct RuleText: ExpressibleByArgument {
  private let bytes: [UInt8]

  init(argument: String) { bytes = ArgumentBytes.bytes(in: argument) }

  /// The rule; its mistakes are shown on standard error, as compilers do.
  func rule(for kind: SubjectKind, of option: Text) -> (rule: Rule, isUsable: Bool) {
    var mistakes: [SyntaxError] = []
    let rule = Rule(recovering: bytes[...], for: kind, mistakes: &mistakes)
    for mistake in mistakes {
      let diagnostic = Diagnostic(mistake, in: bytes, file: option)
      Terminal.write(diagnostic.picture + "\n", to: .error)
    }
    return (rule, mistakes.isEmpty)
  }
}

/// A moment as it stands on the command line: seconds since 1970, RFC 3339, `now`, or as ablctl prints
/// times, by the clock of this place.
struct Moment: ExpressibleByArgument {
  let time: Timestamp

  init?(argument: String) {
    let bytes = ArgumentBytes.bytes(in: argument)
    guard
      let time = argument == "now" ? .now : Timestamp(parsing: bytes) ?? Self.local(bytes)
    else { return nil }
    self.time = time
  }

  init(_ time: Timestamp) { self.time = time }

  /// `2026-11-21 04:12:33`; of an hour that a clock shows twice, the first.
  private static func local(_ text: [UInt8]) -> Timestamp? {
    guard let blank = text.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    var text = text + [UInt8(ascii: "Z")]
    text[blank] = UInt8(ascii: "T")
    guard let asUTC = Timestamp(rfc3339: text[...]) else { return nil }
    let guess = asUTC.adding(-LocalTime.offset(at: asUTC))
    return asUTC.adding(-LocalTime.offset(at: guess))
  }
}
