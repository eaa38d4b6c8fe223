internal import ArgumentParser
internal import Policy

/// What attempts are put together by.
enum Grouping: String, CaseIterable, ExpressibleByArgument {
  case hour, day, service, user, host

  /// Whether the rows are moments, in their order, and none is left out.
  var isOfTime: Bool { self == .hour || self == .day }

  /// As it heads a column, or a picture.
  var title: String {
    switch self {
    case .hour: "hour"
    case .day: "day"
    case .service: "service"
    case .user: "user"
    case .host: "host"
    }
  }
}

/// The hours or the days from one moment to another, as clocks show them at this place; the first
/// and the last may be parts of one.
struct Spans {
  /// Where each begins.
  let starts: [Timestamp]
  private let grouping: Grouping

  /// More rows than this tell nothing.
  static let most: Int64 = 1000

  /// Nil if there are too many.
  init?(_ grouping: Grouping, from first: Timestamp, to last: Timestamp) {
    self.grouping = grouping
    let length: Int64 = grouping == .hour ? 60 * 60 : 24 * 60 * 60
    guard last.interval(since: first) / length < Self.most else { return nil }
    var local = LocalTime()
    var starts = [first]
    var known = Self.unit(grouping, local(first))
    // No zone changes within a quarter of an hour.
    var seconds = first.seconds - (first.seconds % 900 + 900) % 900
    while true {
      let (next, overflow) = seconds.addingReportingOverflow(900)
      guard !overflow, next <= last.seconds else { break }
      seconds = next
      let unit = Self.unit(grouping, local(Timestamp(seconds: seconds)))
      if unit != known { starts.append(Timestamp(seconds: seconds)) }
      known = unit
    }
    self.starts = starts
  }

  /// Of the span that has `time`; nil if it lies before them.
  func index(of time: Timestamp) -> Int? {
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  /// `2026-11-21 04:00`, or the day alone.
  func label(_ index: Int, _ local: inout LocalTime) -> String {
    let text = local(starts[index]).text
    return grouping == .hour ? text.prefix(13) + ":00" : String(text.prefix(10))
  }

  private static func unit(_ grouping: Grouping, _ time: CivilTime) -> [Int64] {
    [time.year, time.month, time.day] + (grouping == .hour ? [time.hour] : [])
  }
}
