internal import Platform

/// A line on the terminal that says how far something has come: only where a person looks, and only
/// if it takes longer than a moment.
struct ProgressBar {
  private let isWatched = Terminal.isPerson(.error)
  private let start = Clock.milliseconds
  private var shown: Int64?

  /// Milliseconds until it appears, and between two looks of it.
  private static let (patience, interval): (Int64, Int64) = (300, 100)
  private static let width = 30

  mutating func show(_ done: Int, of all: Int, _ note: String) {
    let now = Clock.milliseconds
    guard isWatched, now - start >= Self.patience, now - (shown ?? 0) >= Self.interval else {
      return
    }
    shown = now
    Terminal.write("\r" + Self.line(done, of: all, note) + "\u{1B}[K", to: .error)
  }

  /// `[#########                     ]  31 %  removed 12345`
  static func line(_ done: Int, of all: Int, _ note: String) -> String {
    let share = min(max(Double(done) / Double(max(all, 1)), 0), 1)
    let full = Int(share * Double(width))
    let percent = String(Int(share * 100))
    let bar = String(repeating: "#", count: full) + String(repeating: " ", count: width - full)
    return "[\(bar)] " + String(repeating: " ", count: 3 - percent.utf8.count)
      + "\(percent) %  \(note)"
  }

  /// Leaves the line as if nothing had been there.
  mutating func clear() {
    if shown != nil { Terminal.write("\r\u{1B}[K", to: .error) }
    shown = nil
  }
}
