internal import Policy
internal import Text

/// `fleet_rule`: how many failures of a source, on all machines together, have it refused.
public struct FleetRule: Equatable, Sendable {
  private let rule: Rule

  /// What is wrong with the text of one.
  public struct Mistake: Error, Equatable, Sendable {
    public let message: String
  }

  /// Reads `*:20/1h`: the grammar of host_rule, but for what other machines don't tell: the user and
  /// the service of a guess.
  public init(parsing text: String) throws(Mistake) {
    let bytes = Array(text.utf8)
    do throws(SyntaxError) {
      rule = try Rule(parsing: bytes[...], for: .host)
    } catch {
      let culprit = bytes[error.range].prefix(40).map { 0x20...0x7E ~= $0 ? $0 : 0x3F }
      let place = culprit.isEmpty ? "" : " at '\(String(decoding: culprit, as: UTF8.self))'"
      throw Mistake(message: String(decoding: error.problem.message.bytes, as: UTF8.self) + place)
    }
    guard !rule.clauses.isEmpty else { throw Mistake(message: "expected a rule, as in *:20/1h") }
    for clause in rule.clauses { try Self.check(clause) }
  }

  private static func check(_ clause: Clause) throws(Mistake) {
    guard clause.users == nil else {
      throw Mistake(message: "machines don't tell each other at which user a guess was")
    }
    guard clause.patterns.allSatisfy({ $0.service == nil }) else {
      throw Mistake(message: "machines don't tell each other at which service a guess was")
    }
    guard clause.patterns.allSatisfy({ $0.name.bytes == [UInt8(ascii: "*")] || $0.isAddress })
    else { throw Mistake(message: "expected '*' or addresses in front of the limits") }
    guard clause.limits.allSatisfy({ $0.failures > 1 }) else {
      throw Mistake(message: "one failure is one machine's word alone: at least 2")
    }
    guard clause.limits.allSatisfy({ $0.window <= BucketCounts.longestWindow }) else {
      throw Mistake(message: "failures are counted together for a day at most")
    }
  }

  /// How far back it looks, in seconds.
  public var longestWindow: UInt32 { rule.longestWindow }

  /// As it is written.
  public var text: String { String(decoding: rule.text.bytes, as: UTF8.self) }
}

extension Pattern {
  fileprivate var isAddress: Bool { HostAddress(parsing: name.bytes[...]) != nil }
}

// MARK: - The sum

extension FleetRule {
  /// A limit that a source has reached on all machines together.
  struct Reach: Equatable {
    /// The clause, with that limit.
    var rule: String
    /// Failures that count, and the machines at which they were.
    var (failures, machines): (Int, Int)
    var since: UInt32
    /// When buckets have ended that the sum needs, if no failure comes.
    var until: UInt32
  }

  /// The limit that lasts longest, of those that are reached; nil if none is.
  ///
  /// - Parameter machines: how many must have counted a failure at least; never fewer than two, since
  ///   each counts for one less than the limit at most.
  func reach(
    _ prefix: Prefix, _ counted: [BucketCounts], by machines: Int, at now: UInt32
  ) -> Reach? {
    let subject = prefix.subject
    var longest: Reach?
    for clause in rule.clauses where clause.matches(subject, using: nil) {
      for limit in clause.limits {
        guard var reach = Self.reach(limit, counted, by: machines, at: now) else { continue }
        if let longest, longest.until >= reach.until { continue }
        var shown = clause
        shown.limits = [limit]
        reach.rule = String(decoding: shown.text.bytes, as: UTF8.self)
        longest = reach
      }
    }
    return longest
  }

  private static func reach(
    _ limit: Limit, _ counted: [BucketCounts], by machines: Int, at now: UInt32
  ) -> Reach? {
    let held = counted.map { $0.holding(at: now, window: limit.window) }
    let sum = Sum(of: held, limit, after: now)
    guard sum.reaches(limit, by: machines) else { return nil }
    let ends = Set(held.flatMap { $0.buckets.map { $0.end(after: limit.window) } }).sorted()
    let until = ends.first { !Sum(of: held, limit, after: $0).reaches(limit, by: machines) }
    let since = held.compactMap { $0.buckets.first?.start }.min()
    return Reach(
      rule: "", failures: sum.failures, machines: sum.machines, since: min(since ?? now, now),
      until: until ?? now)
  }

  /// What counts at one time, each machine for one less than the limit at most.
  private struct Sum {
    private(set) var (failures, machines) = (0, 0)

    init(of counted: [BucketCounts], _ limit: Limit, after time: UInt32) {
      let most = Int(limit.failures) - 1
      for counts in counted {
        var own = 0
        for bucket in counts.buckets where bucket.end(after: limit.window) > time {
          own += Int(bucket.failures)
        }
        failures += min(own, most)
        machines += own > 0 ? 1 : 0
      }
    }

    func reaches(_ limit: Limit, by least: Int) -> Bool {
      failures >= Int(limit.failures) && machines >= max(least, 2)
    }
  }
}

extension Prefix {
  /// The host that it is for a rule.
  fileprivate var subject: Subject {
    isAddress
      ? .host(.address(address)) : .host(.network(Network(address, prefixLength: length)))
  }
}
