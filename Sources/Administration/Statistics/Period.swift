internal import ArgumentParser
internal import Policy

/// Since when: a length of time before now, or a moment.
enum Period: ExpressibleByArgument {
  /// In seconds, and as it was given.
  case length(Int64, String)
  case moment(Timestamp)

  private static let units: [(Character, Int64)] = [
    ("s", 1), ("m", 60), ("h", 60 * 60), ("d", 24 * 60 * 60),
  ]

  /// Reads `7d`, `90m`, or a moment as `simulate` does.
  init?(argument: String) {
    if let last = argument.last, let unit = Self.units.first(where: { $0.0 == last }),
      argument.utf8.dropLast().allSatisfy({ $0.isDigit }), let count = Int64(argument.dropLast()),
      count > 0
    {
      let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit.1)
      guard !isTooLong else { return nil }
      self = .length(seconds, argument)
    } else if let moment = Moment(argument: argument) {
      self = .moment(moment.time)
    } else {
      return nil
    }
  }

  /// Reads likewise, and says what is wrong.
  static func parsed(_ argument: String) throws -> Period {
    if let period = Period(argument: argument) { return period }
    let other = ", or a time, like '2026-11-21 04:12:33'"
    throw ValidationError(whyNoLength(argument) + other)
  }

  /// What is wrong with a length of time, in the words of the configuration's mistakes.
  static func whyNoLength(_ argument: String) -> String {
    let digits = argument.utf8.prefix { $0.isDigit }
    let unit = argument.utf8.dropFirst(digits.count)
    let isKnown = units.contains { Array(String($0.0).utf8) == Array(unit) }
    let isWord = unit.allSatisfy { (97...122) ~= $0 | 0x20 }
    let problem: SyntaxError.Problem =
      if isKnown, !digits.isEmpty {
        digits.allSatisfy { $0 == UInt8(ascii: "0") } ? .windowZero : .numberTooLarge
      } else if !digits.isEmpty, !unit.isEmpty, isWord {
        .unitUnknown(.time)
      } else {
        .windowExpected
      }
    return String(problem.message)
  }

  var defaultValueDescription: String {
    switch self {
    case .length(_, let text): text
    case .moment(let time): CivilTime(time).rfc3339
    }
  }

  func start(before now: Timestamp) -> Timestamp {
    switch self {
    case .length(let seconds, _): now.adding(-seconds)
    case .moment(let time): time
    }
  }
}
