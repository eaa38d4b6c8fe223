internal import Policy

/// A moment as a calendar and a clock show it: Gregorian, also before that was invented.
struct CivilTime: Equatable {
  /// From 0 to 9999; what lies outside is shown as the first or the last second of these.
  var year: Int64
  /// From 1.
  var month: Int64
  /// From 1.
  var day: Int64
  var hour: Int64
  var minute: Int64
  var second: Int64

  private static let secondsPerDay: Int64 = 24 * 60 * 60
  /// 0000-01-01 00:00:00 and 9999-12-31 23:59:59.
  private static let shown: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

  /// Whether `moment` can be told exactly, in UTC.
  static func canShow(_ moment: Timestamp) -> Bool { shown.contains(moment.seconds) }

  /// - Parameter offset: how many seconds the place's time is ahead of UTC.
  init(_ moment: Timestamp, offset: Int64 = 0) {
    let seconds = moment.adding(offset).seconds
    let bounded = min(max(seconds, Self.shown.lowerBound), Self.shown.upperBound)
    let second = (bounded % Self.secondsPerDay + Self.secondsPerDay) % Self.secondsPerDay
    (year, month, day) = Self.date((bounded - second) / Self.secondsPerDay)
    (hour, minute, self.second) = (second / 3600, second / 60 % 60, second % 60)
  }

  /// The date that is `days` after 1970-01-01.
  ///
  /// Years begin in March here, so that the day that comes and goes is their last; an era has 400.
  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (daysPerEra, daysToEpoch): (Int64, Int64) = (146_097, 719_468)
    let sinceMarch = days + daysToEpoch
    let era = (sinceMarch >= 0 ? sinceMarch : sinceMarch - daysPerEra + 1) / daysPerEra
    let dayOfEra = sinceMarch - era * daysPerEra
    let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
    let yearOfEra = (dayOfEra - leapDays) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

extension CivilTime {
  /// `2026-11-21T04:12:33Z`; for UTC only.
  var rfc3339: String {
    var text: [UInt8] = []
    writeRFC3339(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// `2026-11-21 04:12:33`
  var text: String {
    var text: [UInt8] = []
    write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds what `text` says.
  func write(to text: inout [UInt8]) { write(to: &text, between: UInt8(ascii: " ")) }

  /// Adds what `rfc3339` says.
  func writeRFC3339(to text: inout [UInt8]) {
    write(to: &text, between: UInt8(ascii: "T"))
    text.append(UInt8(ascii: "Z"))
  }

  private func write(to text: inout [UInt8], between separator: UInt8) {
    text.append(twoDigits: year / 100)
    text.append(twoDigits: year % 100)
    text.append(twoDigits: month, after: UInt8(ascii: "-"))
    text.append(twoDigits: day, after: UInt8(ascii: "-"))
    text.append(twoDigits: hour, after: separator)
    text.append(twoDigits: minute, after: UInt8(ascii: ":"))
    text.append(twoDigits: second, after: UInt8(ascii: ":"))
  }
}

extension [UInt8] {
  fileprivate mutating func append(twoDigits number: Int64, after separator: UInt8) {
    append(separator)
    append(twoDigits: number)
  }

  fileprivate mutating func append(twoDigits number: Int64) {
    append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number / 10))
    append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10))
  }
}
