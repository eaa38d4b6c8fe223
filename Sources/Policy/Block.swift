public import Text

/// Why a subject is blocked, and for how long. A class: it is handed on, and never changed.
public final class Block: Equatable, Sendable {
  /// The clause of that limit; nil of a block by hand.
  public let clause: Clause?
  /// The limit that ends last of those that block; of equals, the first in the order of the rule.
  public let limit: Limit?
  /// What the decree means that blocks; nil of a block by evidence.
  public let decreed: Text?
  /// The first second at which no limit of any clause blocks any more, if nothing is added.
  ///
  /// Attempts in flight are left out: it is now if it takes them to block. Of a block by hand that
  /// has no end it is `Timestamp.never`.
  public let until: Timestamp
  /// How often a refused attempt must be recorded so that a subject that doesn't stop trying
  /// stays blocked, in seconds, from 1.
  ///
  /// It is `window / (2 * failures)`. A subject that tries at least every `window / failures`
  /// seconds would stay blocked if each try were recorded, and does so here: what is recorded comes
  /// at most twice the interval apart, so `failures` of them always lie within the window. (With
  /// `window / failures`, one that tries a little more often is recorded every second time.)
  public let refusalInterval: Int64
  /// Which one it is of the subject's blocks; 0 if these aren't counted.
  public let number: UInt16

  /// Of what `limit` says, and what was found before it, that which ends later.
  fileprivate init(_ clause: Clause, _ limit: Limit, until: Timestamp, after other: Block?) {
    (decreed, number) = (nil, 0)
    refusalInterval = min(limit.refusalInterval, other?.refusalInterval ?? .max)
    if let other, other.until >= until {
      (self.clause, self.limit, self.until) = (other.clause, other.limit, other.until)
    } else {
      (self.clause, self.limit, self.until) = (clause, limit, until)
    }
  }

  /// A block by hand, of which no refused attempt is recorded.
  ///
  /// - Parameter decreed: what the decree means, escaped: an address, a network or a name.
  public init(decreed: Text, until: Timestamp) {
    (clause, limit, self.decreed) = (nil, nil, decreed)
    (self.until, refusalInterval, number) = (until, .max, 0)
  }

  private init(_ block: Block, _ number: UInt16, until: Timestamp, interval: Int64) {
    (clause, limit, decreed) = (block.clause, block.limit, block.decreed)
    (self.number, self.until, refusalInterval) = (number, until, interval)
  }

  /// This one, as the `number`-th of its subject.
  func numbered(_ number: UInt16) -> Block {
    Block(self, number, until: until, interval: refusalInterval)
  }

  /// This one, as it began, lasting longer than its limit says.
  ///
  /// - Parameter isProlonged: whether refused attempts are recorded: those long before the end
  ///   wouldn't count any more by then.
  func lasting(until: Timestamp, _ number: UInt16, isProlonged: Bool) -> Block {
    Block(self, number, until: until, interval: isProlonged ? refusalInterval : .max)
  }

  public static func == (one: Block, other: Block) -> Bool {
    one.decreed == other.decreed && one.clause == other.clause && one.limit == other.limit
      && one.until == other.until
      && one.refusalInterval == other.refusalInterval && one.number == other.number
  }

  /// The clause, with that one limit: `*:10/1h`; of a block by hand, `decree 192.0.2.0/24`.
  public var ruleText: Text {
    guard let clause, let limit else { return "decree " + (decreed ?? "") }
    var alone = clause
    alone.limits = [limit]
    return alone.text
  }
}

extension Rule {
  /// Says whether `subject` is blocked; nil if it is clear.
  ///
  /// It is blocked while `failures` attempts or more are at most `window` old, for any limit of
  /// any clause that matches. An attempt dated in the future counts as one of now: the clock was
  /// set back.
  /// - Parameters:
  ///   - service: what it logs in to; nil asks whether it is blocked for any service.
  ///   - attempts: all it is known for, whatever they were for, in any order.
  ///   - inFlight: how many more there are that have no verdict yet; counted as if they failed now,
  ///     whichever user they are at.
  @inline(never)
  public func block(
    of subject: Subject, using service: Name?, after attempts: [Guess], inFlight: Int,
    at now: Timestamp
  ) -> Block? {
    var found: Block?
    for clause in clauses where clause.matches(subject, using: service) {
      let history = History(attempts, clause, now)
      for limit in clause.limits where history.reaches(limit, inFlight: inFlight) {
        found = Block(clause, limit, until: history.end(of: limit), after: found)
      }
    }
    return found
  }
}

extension Rule {
  /// Whether `subject` is blocked, and no more than that; see `block`.
  ///
  /// - Parameters:
  ///   - inFlight: the users of those that have no verdict yet; counted as if they failed now.
  ///   - own: the user of the attempt that asks; it matters to a limit only if that counts it.
  @inline(never)
  public func isBlocking(
    _ subject: Subject, using service: Name?, after attempts: [Guess], inFlight: [Tried],
    before own: Tried, at now: Timestamp
  ) -> Bool {
    for clause in clauses where clause.matches(subject, using: service) {
      let history = History(attempts, clause, now)
      var open = 0
      if history.counts(own) { for tried in inFlight where history.counts(tried) { open += 1 } }
      for limit in clause.limits where history.reaches(limit, inFlight: open) { return true }
    }
    return false
  }
}

extension Limit {
  fileprivate var refusalInterval: Int64 {
    max(1, Int64(window) / (2 * max(1, Int64(failures))))
  }
}

/// The attempts that a clause counts, as they look from now.
private struct History {
  let attempts: [Guess]
  let users: Users?
  let now: Timestamp

  init(_ attempts: [Guess], _ clause: Clause, _ now: Timestamp) {
    (self.attempts, self.users, self.now) = (attempts, clause.users, now)
  }

  /// How many are at most `age` seconds old.
  @inline(never)
  func count(upTo age: Int64) -> Int {
    var count = 0
    for attempt in attempts where now.interval(since: attempt.time) <= age {
      if counts(attempt.tried) { count += 1 }
    }
    return count
  }

  func counts(_ tried: Tried) -> Bool { users?.include(tried) ?? true }

  func reaches(_ limit: Limit, inFlight: Int) -> Bool {
    let missing = Int(clamping: limit.failures) - count(upTo: Int64(limit.window))
    return missing <= max(0, inFlight)
  }

  /// The first second at which `limit` isn't reached.
  ///
  /// That is when the oldest of the `failures` newest attempts leaves the window. Its age is
  /// searched by halving: at most 32 steps, no copy to sort.
  func end(of limit: Limit) -> Timestamp {
    let failures = Int(clamping: limit.failures)
    var (youngest, oldest): (Int64, Int64) = (0, Int64(limit.window))
    guard count(upTo: oldest) >= failures else { return now }
    while youngest < oldest {
      let middle = (youngest + oldest) / 2
      if count(upTo: middle) >= failures { oldest = middle } else { youngest = middle + 1 }
    }
    return now.adding(Int64(limit.window) - oldest + 1)
  }
}
