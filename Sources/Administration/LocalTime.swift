internal import CSystem
internal import Policy

/// The time of the place where this machine is, or that TZ names.
struct LocalTime {
  /// How far the place was ahead of UTC, in seconds, in the quarter of an hour that was asked for
  /// last: no zone changes within one, and a listing has long runs of the same.
  private var known: (quarter: Int64, offset: Int64)?
  /// All of these that times were told by: with summer time there are two.
  private var told: Set<Int64> = []

  /// `moment` as clocks show it there.
  mutating func callAsFunction(_ moment: Timestamp) -> CivilTime {
    let quarter = moment.seconds / 900
    if let known, known.quarter == quarter { return CivilTime(moment, offset: known.offset) }
    let offset = Self.offset(at: moment)
    known = (quarter, offset)
    told.insert(offset)
    return CivilTime(moment, offset: offset)
  }

  /// `moment` as a table of `width` columns has it: without the year where that leaves more room for
  /// names.
  mutating func shown(_ moment: Timestamp, _ width: Int?) -> String {
    let text = self(moment).text
    guard let width, width < 100, let sign = text.firstIndex(of: "-") else { return text }
    return String(text[text.index(after: sign)...])
  }

  /// `times are local (UTC+01:00)`, where they were told by a clock that isn't UTC's, by which the
  /// log has them.
  var remark: String? { Self.remark(on: told) }

  static func remark(on offsets: Set<Int64>) -> String? {
    guard offsets.contains(where: { $0 != 0 }) else { return nil }
    let zones = offsets.sorted().map { text(of: $0) }
    return "times are local (\(zones.joined(separator: " or ")))"
  }

  /// `UTC+01:00`
  private static func text(of offset: Int64) -> String {
    guard offset != 0 else { return "UTC" }
    let minutes = abs(offset) / 60
    let parts = [minutes / 60, minutes % 60].map { ($0 < 10 ? "0" : "") + String($0) }
    return "UTC" + (offset < 0 ? "-" : "+") + parts.joined(separator: ":")
  }

  /// Seconds; 0 where libc doesn't know.
  static func offset(at moment: Timestamp) -> Int64 {
    var seconds = time_t(moment.seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
    return unsafe Int64(parts.tm_gmtoff)
  }
}
