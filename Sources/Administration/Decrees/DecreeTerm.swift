internal import ArgumentParser
internal import Policy

/// For how long a decree holds: `90m`, `12h`, `2d`.
struct DecreeTerm: ExpressibleByArgument {
  /// In seconds.
  let length: Int64

  init?(argument: String) {
    guard case .length(let seconds, _) = Period(argument: argument) else { return nil }
    length = seconds
  }

  /// Reads likewise, and says what is wrong.
  static func parsed(_ argument: String) throws -> DecreeTerm {
    guard let term = DecreeTerm(argument: argument) else {
      throw ValidationError(Period.whyNoLength(argument))
    }
    return term
  }
}
