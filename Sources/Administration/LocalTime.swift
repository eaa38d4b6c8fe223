internal import CSystem
internal import Policy

/// The time of the place where this machine is, or that TZ names.
struct LocalTime {
  /// How far the place was ahead of UTC, in seconds, in the quarter of an hour that was asked for
  /// last: no zone changes within one, and a listing has long runs of the same.
  private var known: (quarter: Int64, offset: Int64)?

  /// `moment` as clocks show it there.
  mutating func callAsFunction(_ moment: Timestamp) -> CivilTime {
    let quarter = moment.seconds / 900
    if let known, known.quarter == quarter { return CivilTime(moment, offset: known.offset) }
    let offset = Self.offset(at: moment)
    known = (quarter, offset)
    return CivilTime(moment, offset: offset)
  }

  /// `moment` as a table of `width` columns has it: without the year where that leaves more room for
  /// names.
  mutating func shown(_ moment: Timestamp, _ width: Int?) -> String {
    let text = self(moment).text
    guard let width, width < 100, let sign = text.firstIndex(of: "-") else { return text }
    return String(text[text.index(after: sign)...])
  }

  /// Seconds; 0 where libc doesn't know.
  static func offset(at moment: Timestamp) -> Int64 {
    var seconds = time_t(moment.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return unsafe Int64(parts.tm_gmtoff)
  }
}
