internal import CNews

/// What time it is.
public enum Clock {
  /// By a clock that never steps.
  public static var milliseconds: Int64 { cnews_milliseconds() }

  /// Seconds since 1970.
  public static var now: Int64 { Int64(time(nil)) }

  /// `2026-11-30T08:00:00Z`: such texts are in the order of their times.
  public static func utc(_ seconds: Int64) -> String {
    unsafe text(seconds, "%Y-%m-%dT%H:%M:%SZ") { unsafe gmtime_r($0, $1) }
  }

  /// As mail has it: `Mon, 30 Nov 2026 08:00:00 +0000`.
  public static func mail(_ seconds: Int64) -> String {
    unsafe text(seconds, "%a, %d %b %Y %H:%M:%S +0000") { unsafe gmtime_r($0, $1) }
  }

  /// By the clock on the wall: `2026-11-30 09:00`.
  public static func local(_ seconds: Int64) -> String {
    unsafe text(seconds, "%Y-%m-%d %H:%M") { unsafe localtime_r($0, $1) }
  }

  /// The next time behind `seconds` at which the clock on the wall says that hour.
  public static func next(hour: Int32, after seconds: Int64) -> Int64 {
    var (when, parts) = unsafe (time_t(seconds), tm())
    unsafe localtime_r(&when, &parts)
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (hour, 0, 0, -1)
    let today = unsafe Int64(mktime(&parts))
    if today > seconds { return today }
    unsafe parts.tm_mday += 1
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (hour, 0, 0, -1)
    return unsafe Int64(mktime(&parts))
  }

  private static func text(
    _ seconds: Int64, _ form: String,
    _ split: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?
  ) -> String {
    var (when, parts) = unsafe (time_t(seconds), tm())
    guard unsafe split(&when, &parts) != nil else { return "" }
    var buffer = [CChar](repeating: 0, count: 64)
    let count = unsafe strftime(&buffer, buffer.count, form, &parts)
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
