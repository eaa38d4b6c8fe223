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
