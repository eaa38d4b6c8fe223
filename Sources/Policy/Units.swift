internal import Text

/// The units that an amount may be written in; each has one that is meant if none is written.
public enum Units: Equatable, Sendable {
  /// `s` (also meant), `m`, `h`, `d`; counted in seconds.
  case time
  /// `ms` (also meant), `s`; counted in milliseconds.
  case delay
  /// `K`, `M`, `G`, powers of 1024; counted in bytes.
  case size

  /// The units, largest first, and what each is in the smallest.
  private var table: [(name: StaticString, factor: UInt64)] {
    switch self {
    case .time: [("d", 24 * 60 * 60), ("h", 60 * 60), ("m", 60), ("s", 1)]
    case .delay: [("s", 1000), ("ms", 1)]
    case .size: [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)]
    }
  }

  /// What one `unit` is in the smallest; nil if there is no such unit.
  func factor(of unit: ArraySlice<UInt8>) -> UInt64? {
    if unit.isEmpty { return 1 }
    for entry in table where unit.isEqual(to: entry.name) { return entry.factor }
    return nil
  }

  /// `amount` in the largest unit that divides it: 86400 seconds are `1d`, 90 are `90s`.
  func text(of amount: UInt64) -> Text {
    for entry in table where entry.factor == 1 || amount > 0 && amount % entry.factor == 0 {
      return Text(amount / entry.factor) + Text(stringLiteral: entry.name)
    }
    return Text(amount)
  }
}

extension Scanner {
  /// Reads a whole number; `problem` is what is wrong if there is none.
  mutating func number(or problem: SyntaxError.Problem) throws(SyntaxError) -> UInt64 {
    let digits = run { $0.isDigit }
    guard !digits.isEmpty else { throw SyntaxError(problem, at: culprit) }
    var value: UInt64 = 0
    for byte in text[digits] {
      let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = shifted.addingReportingOverflow(UInt64(byte & 15))
      guard !isTooLarge, !overflow else { throw SyntaxError(.numberTooLarge, at: digits) }
      value = sum
    }
    return value
  }

  /// Reads a number and its unit, if it has one: `90`, `15m`, `64M`; counted as `units` says.
  mutating func amount(
    in units: Units, or problem: SyntaxError.Problem
  ) throws(SyntaxError) -> UInt64 {
    let start = offset
    let count = try number(or: problem)
    let word = run { !$0.isSpace && $0 != UInt8(ascii: ",") }
    guard let factor = units.factor(of: text[word]) else {
      throw SyntaxError(.unitUnknown(units), at: word)
    }
    let (amount, overflow) = count.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw SyntaxError(.numberTooLarge, at: start..<offset) }
    return amount
  }

  /// Reads a length of time, in seconds.
  mutating func seconds() throws(SyntaxError) -> UInt32 {
    let start = offset
    let seconds = try amount(in: .time, or: .windowExpected)
    guard let seconds = UInt32(exactly: seconds) else {
      throw SyntaxError(.numberTooLarge, at: start..<offset)
    }
    return seconds
  }
}
