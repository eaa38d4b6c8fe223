extension CivilTime {
  /// `Fri Nov 20 21:16:38 2026`, as C's `asctime` has it.
  var asctime: String {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    // Sakamoto's method: of January and February, the year before counts.
    let shifts: [Int64] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
    let counted = 400 + (month < 3 ? year - 1 : year)
    let shift = shifts[Int(month) - 1] + day
    let weekday = (counted + counted / 4 - counted / 100 + counted / 400 + shift) % 7
    let clock = text.suffix(8)
    let paddedDay = (day < 10 ? " " : "") + String(day)
    return "\(weekdays[Int(weekday)]) \(months[Int(month) - 1]) \(paddedDay) \(clock) \(year)"
  }
}
