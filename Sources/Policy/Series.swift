/// The blocks of a subject, one after the other, where each is to last at least as long as its
/// place in the series says.
///
/// It is counted from one attempt to the next, by the times of the attempts: so each writer gets
/// the same, whenever it writes.
public struct Series: Equatable, Sendable {
  /// How many there were, the last one included; 0 if there was none, or none is remembered.
  public var count: UInt16 = 0
  /// When the last one began: at the attempt that reached a limit.
  public var begin = Timestamp(seconds: 0)
  /// The first second behind it; nil as long as no attempt has come behind it.
  public var end: Timestamp?
  /// The first second behind the one before; 0 if that isn't remembered.
  public var endBefore = Timestamp(seconds: 0)
  /// Until when the last one lasts at least, by the configuration that wrote this: another one may
  /// share the store, and must not forget it.
  public var until = Timestamp(seconds: 0)
  /// Up to when attempts have been looked at: later ones may have begun a block.
  public var seen = Timestamp.never

  public init() {}

  /// `end`, but not of a clock that had been set back to before the block.
  public var over: Timestamp? {
    guard let end, end > begin else { return nil }
    return end
  }

  /// An attempt is known that had not been looked at.
  public mutating func note(_ time: Timestamp) {
    if time <= seen { seen = time.adding(-1) }
  }

  /// The last block was none: a failure that it needed was taken back.
  public mutating func takeBack() {
    var earlier = Series()
    earlier.seen = begin.adding(-1)
    if count > 1 {
      (earlier.count, earlier.begin) = (count - 1, endBefore.adding(-1))
      (earlier.end, earlier.until) = (endBefore, endBefore)
    }
    self = earlier
  }
}

extension Configuration {
  /// How long the first, the second … block of a subject of that kind lasts at least, in seconds;
  /// the last length is of all further ones. Empty: as long as a rule says.
  ///
  /// A user at home is a user. A caller has no other way in, and is let go by the rule.
  public func blockLengths(for kind: SubjectKind) -> [UInt64] {
    switch kind {
    case .host: hostBlock
    case .network: networkBlock
    case .user, .home: userBlock
    case .caller: []
    }
  }

  /// Why `subject` is blocked, whatever the allow lists say: by its rule, or because a block that
  /// the rule began lasts longer; nil if it is clear.
  ///
  /// - Parameters:
  ///   - service: what it logs in to; nil asks whether it is blocked for any service.
  ///   - times: of its attempts.
  ///   - series: as it was written, with what has been noted since.
  @inline(never)
  public func block(
    of subject: Subject, using service: Name?, after times: [Guess], _ series: Series,
    at now: Timestamp
  ) -> Block? {
    let block = rule(for: subject).block(
      of: subject, using: service, after: times, inFlight: 0, at: now)
    let isPlain = block == nil && series == Series()
    guard !isPlain, let escalation = escalation(of: subject, after: times) else { return block }
    let settled = escalation.settled(series, at: now)
    let end = escalation.leastEnd(of: settled)
    guard now < end, let first = escalation.cause(of: settled, using: service) else {
      return block?.numbered(settled.count)
    }
    guard let block, block.until >= end else {
      return first.lasting(
        until: end, settled.count,
        isProlonged: end.interval(since: now) <= 2 * Int64(rule(for: subject).longestWindow))
    }
    return block.numbered(settled.count)
  }

  /// The series of `subject` once all of its attempts have been looked at.
  @inline(never)
  public func settled(
    _ series: Series, of subject: Subject, after times: [Guess], at now: Timestamp
  ) -> Series {
    guard let escalation = escalation(of: subject, after: times) else { return series }
    return escalation.settled(series, at: now)
  }

  /// The first second behind the last block of `subject`; 0 if it had none.
  @inline(never)
  public func end(
    of series: Series, _ subject: Subject, after times: [Guess]
  ) -> Timestamp {
    guard series.count > 0, let escalation = escalation(of: subject, after: times) else {
      return series.until
    }
    return series.over ?? escalation.end(of: series, before: .never)
  }

  /// Whether what began the last block would do so still.
  @inline(never)
  public func stands(
    _ series: Series, of subject: Subject, after times: [Guess]
  ) -> Bool {
    escalation(of: subject, after: times)?.cause(of: series, using: nil) != nil
  }
}

extension Configuration {
  /// Nil where no length is set. No initializer that fails, for in the module that would leak its
  /// object.
  @inline(never)
  fileprivate func escalation(of subject: Subject, after times: [Guess]) -> Escalation? {
    let lengths = blockLengths(for: subject.kind)
    return lengths.isEmpty ? nil : Escalation(self, lengths, subject, times)
  }
}

/// How blocks of a subject follow one another.
///
/// A class, and little of it inlined: the module has a third of the code for it.
private final class Escalation {
  let purge: UInt32
  let rule: Rule
  let lengths: [UInt64]
  let subject: Subject
  let times: [Guess]

  init(
    _ configuration: Configuration, _ lengths: [UInt64], _ subject: Subject, _ times: [Guess]
  ) {
    (self.lengths, self.subject, self.times) = (lengths, subject, times)
    purge = configuration.purge(for: subject)
    rule = configuration.rule(for: subject)
  }

  /// Goes on to the present: from one attempt to the next, and a limit that is reached now without
  /// any, because a rule was changed, has been so since the last one.
  @inline(never)
  func settled(_ series: Series, at now: Timestamp) -> Series {
    var settled = series
    if series.count == 0 && !canBlock {
      settled.seen = max(settled.seen, last(before: .never) ?? settled.seen)
      return settled
    }
    while let next = first(after: settled.seen) {
      step(&settled, at: next)
      settled.seen = next
    }
    guard let newest = last(before: .never) else { return settled }
    if !isOn(settled, at: now), isBlocking(at: now) { begin(&settled, at: newest) }
    if settled.count > 0 { (settled.seen, settled.until) = (newest, leastEnd(of: settled)) }
    return settled
  }

  /// Whether any limit is as low as there are attempts. Of a network there may be thousands, and
  /// where none can have begun a block no step has to be taken.
  private var canBlock: Bool {
    for clause in rule.clauses {
      for limit in clause.limits where Int(clamping: limit.failures) <= times.count { return true }
    }
    return false
  }

  @inline(never)
  private func step(_ series: inout Series, at time: Timestamp) {
    guard series.count == 0 || time >= series.begin, !isOn(series, at: time) else { return }
    if series.over == nil, cause(of: series, using: nil) != nil {
      series.end = end(of: series, before: time)
    }
    if isBlocking(at: time) { begin(&series, at: time) }
  }

  @inline(never)
  private func begin(_ series: inout Series, at time: Timestamp) {
    let last = series.over ?? end(of: series, before: time)
    let isNext = series.count > 0 && time <= last.adding(Int64(purge))
    series.count = isNext ? min(series.count, .max - 1) + 1 : 1
    (series.begin, series.end) = (time, nil)
    series.endBefore = isNext ? last : Timestamp(seconds: 0)
  }

  /// Whether the last block lasts at that time, which isn't before it.
  @inline(never)
  func isOn(_ series: Series, at time: Timestamp) -> Bool {
    series.count > 0 && time < (series.over ?? end(of: series, before: time))
  }

  /// The first second behind the last block, if no attempt comes from `time` on.
  @inline(never)
  func end(of series: Series, before time: Timestamp) -> Timestamp {
    let least = cause(of: series, using: nil) == nil ? series.begin : leastEnd(of: series)
    guard let last = last(before: time) else { return least }
    return max(least, block(using: nil, at: last)?.until ?? least)
  }

  /// Until when the last block lasts at least, if one is known.
  @inline(never)
  func leastEnd(of series: Series) -> Timestamp {
    guard series.count > 0 else { return Timestamp(seconds: .min) }
    let length = lengths[min(Int(series.count), lengths.count) - 1]
    let least = series.begin.adding(Int64(truncatingIfNeeded: length))
    return min(least, series.over ?? least)
  }

  /// The block as it was when it began; nil if by this rule there was none.
  func cause(of series: Series, using service: Name?) -> Block? {
    series.count > 0 ? block(using: service, at: series.begin) : nil
  }

  /// Why the subject was blocked at a time, by what was known of it then.
  @inline(never)
  private func block(using service: Name?, at time: Timestamp) -> Block? {
    rule.block(
      of: subject, using: service, after: times.filter { $0.time <= time }, inFlight: 0, at: time)
  }

  private func isBlocking(at time: Timestamp) -> Bool { block(using: nil, at: time) != nil }

  /// The time of the first attempt behind `time`; nil if there is none.
  private func first(after time: Timestamp) -> Timestamp? {
    var first = Timestamp.never
    for other in times where other.time > time && other.time < first { first = other.time }
    return first == .never ? nil : first
  }

  /// The time of the last attempt that is before `time`; nil if there is none.
  private func last(before time: Timestamp) -> Timestamp? {
    var last = Timestamp(seconds: .min)
    for other in times where other.time < time && other.time > last { last = other.time }
    return last.seconds == .min ? nil : last
  }
}
