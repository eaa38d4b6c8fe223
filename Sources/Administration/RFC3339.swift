internal import Policy

extension Timestamp {
  /// Reads `2026-11-21T04:12:33Z`, `2026-11-21 04:12:33.5+01:00`; nil if it is anything else.
  ///
  /// A part of a second is dropped. A leap second is the first of the next minute.
  init?(rfc3339 text: ArraySlice<UInt8>) {
    var rest = text
    guard let year = rest.digits(4), rest.skip("-"), let month = rest.digits(2), rest.skip("-"),
      let day = rest.digits(2), rest.skip("T") || rest.skip("t") || rest.skip(" "),
      let hour = rest.digits(2), rest.skip(":"), let minute = rest.digits(2), rest.skip(":"),
      let second = rest.digits(2), rest.skipFraction(), let offset = rest.offset(), rest.isEmpty
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month), day >= 1, day <= lengths[Int(month) - 1], hour <= 23,
      minute <= 59, second <= 60
    else { return nil }
    let days = Self.days(year, month, day)
    self.init(seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset)
  }

  /// How many days the date is after 1970-01-01; years begin in March here, as in `CivilTime`.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let (daysPerEra, daysToEpoch): (Int64, Int64) = (146_097, 719_468)
    let fromMarch = month > 2 ? year : year - 1
    let era = (fromMarch >= 0 ? fromMarch : fromMarch - 399) / 400
    let yearOfEra = fromMarch - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * daysPerEra + dayOfEra - daysToEpoch
  }
}

extension ArraySlice<UInt8> {
  /// Takes `character`, which is ASCII, from the front, if it is there.
  fileprivate mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard first == UInt8(ascii: character) else { return false }
    removeFirst()
    return true
  }

  /// Takes a number of so many digits from the front.
  fileprivate mutating func digits(_ count: Int) -> Int64? {
    let taken = prefix(count)
    guard taken.count == count, taken.allSatisfy({ $0.isDigit }) else { return nil }
    removeFirst(count)
    return taken.reduce(0) { $0 * 10 + Int64($1 & 15) }
  }

  /// False if there is a point with no digit behind it.
  fileprivate mutating func skipFraction() -> Bool {
    guard skip(".") else { return true }
    let digits = prefix { $0.isDigit }
    removeFirst(digits.count)
    return !digits.isEmpty
  }

  /// How many seconds the time is ahead of UTC.
  fileprivate mutating func offset() -> Int64? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int64 = first == UInt8(ascii: "-") ? -1 : 1
    guard skip("+") || skip("-"), let hours = digits(2), skip(":"), let minutes = digits(2),
      hours <= 23, minutes <= 59
    else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
