/// A length of time for people: the two largest units at most, rounded to the smaller of them.
struct Duration {
  let seconds: Int64

  private static let (minute, hour, day): (Int64, Int64, Int64) = (60, 60 * 60, 24 * 60 * 60)

  /// `40 s`, `54 min`, `5 h 12 min`, `3 d 4 h`.
  var text: String {
    switch seconds {
    case ..<Self.minute: "\(max(seconds, 0)) s"
    case ..<(Self.hour - Self.minute / 2): "\(rounded(to: Self.minute) / Self.minute) min"
    case ..<(2 * Self.day): text(Self.hour, "h", Self.minute, "min")
    default: text(Self.day, "d", Self.hour, "h")
    }
  }

  /// As a configuration has it, in the largest unit that divides it: `5d`, `90m`.
  var setting: String {
    for (unit, length) in [("d", Self.day), ("h", Self.hour), ("m", Self.minute)]
    where seconds > 0 && seconds % length == 0 {
      return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
  }

  private func text(
    _ large: Int64, _ largeName: String, _ small: Int64, _ smallName: String
  ) -> String {
    let rounded = rounded(to: small)
    let rest = rounded % large / small
    return "\(rounded / large) \(largeName)" + (rest == 0 ? "" : " \(rest) \(smallName)")
  }

  private func rounded(to unit: Int64) -> Int64 {
    let (sum, overflow) = seconds.addingReportingOverflow(unit / 2)
    return (overflow ? seconds : sum) / unit * unit
  }
}

/// `1 warning`, `2 warnings`.
func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(plural ?? noun + "s")"
}
