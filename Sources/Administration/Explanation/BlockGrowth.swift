internal import BlockList
internal import Policy
internal import Upkeep

/// Which of its blocks a subject is in, and how long that lasts at least.
struct BlockGrowth {
  private let kind: SubjectKind
  private let series: Series
  private let lengths: [UInt64]
  /// Whether the last one lasts.
  private let isOn: Bool
  /// Until when a further one counts as the next.
  private let remembered: Timestamp

  /// Nil if no lengths are set for it, or if it had no block that counts still.
  init?(of known: KnownSubject, _ configuration: Configuration, at now: Timestamp) {
    let (subject, times) = (known.subject, known.times(at: now))
    kind = subject.kind
    lengths = configuration.blockLengths(for: kind)
    series = configuration.settled(known.series(at: now), of: subject, after: times, at: now)
    guard !lengths.isEmpty, series.count > 0 else { return nil }
    let end = configuration.end(of: series, subject, after: times)
    isOn = now < end
    remembered = end.adding(Int64(configuration.purge(for: subject)))
    guard now <= remembered else { return nil }
  }

  /// `third block, since 2026-11-21 04:12:33: host_block has it last 1d at least, the next one 7d`
  func sentence(_ local: inout LocalTime) -> String {
    let (number, next) = (Int(series.count), length(Int(series.count) + 1))
    guard isOn else {
      let ordinal = Self.ordinal(number + 1)
      return "a block that begins until \(local(remembered).text) is the \(ordinal) one, and lasts "
        + "\(next) at least"
    }
    return "\(Self.ordinal(number)) block, since \(local(series.begin).text): \(key) has it last "
      + "\(length(number)) at least, the next one \(next)"
  }

  /// The key that sets the lengths.
  private var key: String { kind == .home ? "user_block" : String(kind.text) + "_block" }

  private func length(_ number: Int) -> String {
    Amount.time.text(lengths[min(number, lengths.count) - 1])
  }

  private static func ordinal(_ number: Int) -> String {
    let words = [
      "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    ]
    return number <= words.count ? words[number - 1] : "\(number)."
  }
}
