internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// The attempts that clients have reserved, by their numbers, until they are settled or lapse.
///
/// What is settled stays known until it would have lapsed: to tell the same verdict twice is no
/// mistake, and counts once.
actor AttemptBook {
  private enum State {
    case reserved(HeldAttempt)
    case settled(Verdict)
  }

  private struct Entry {
    let owner: UInt32
    let end: Int64
    var state: State
  }

  private var entries: [String: Entry] = [:]
  /// The numbers in the order of their ends.
  private var order: [String] = []
  private var first = 0
  /// Of those that are reserved, or about to be.
  private var places: Places
  private var subjects: [[UInt8]: Int] = [:]
  private let source: ConfigurationSource
  private let bounds: Bounds
  private let grants: SharedGrants
  /// Rung for each attempt that is written down.
  nonisolated let door = Doorbell()

  init(_ source: ConfigurationSource, _ bounds: Bounds, _ grants: SharedGrants) {
    (self.source, self.bounds, self.grants) = (source, bounds, grants)
    places = Places(bounds.attempts)
  }

  /// Whether nothing is left that could lapse, or be forgotten.
  var isEmpty: Bool { first == order.count }

  /// How many, reserved or about to be, are for `subject`.
  func count(of subject: Subject) -> Int { subjects[SubjectKey(subject).bytes, default: 0] }

  /// Whether `user` may have one more attempt; then it is counted until `giveUp`.
  func begin(_ attempt: Attempt, of user: UInt32) -> Bool {
    let isOrdinary = grants.isOrdinary(user)
    guard places.isFree(for: user, isOrdinary: isOrdinary, most: most(of: user)) else {
      return false
    }
    places.take(user, isOrdinary: isOrdinary)
    for key in keys(of: attempt) { subjects[key, default: 0] += 1 }
    return true
  }

  /// The attempt was refused, could not be made, or its verdict is where it belongs.
  func giveUp(_ attempt: Attempt, of user: UInt32) {
    places.letGo(user)
    for key in keys(of: attempt) {
      let count = subjects[key, default: 1] - 1
      subjects[key] = count > 0 ? count : nil
    }
  }

  private func keys(of attempt: Attempt) -> [[UInt8]] {
    source.subjects(of: attempt).map { SubjectKey($0).bytes }
  }

  private func most(of user: UInt32) -> Int {
    if user == 0 { return bounds.attempts }
    return grants.isOrdinary(user) ? bounds.attemptsOfOrdinary : bounds.attemptsOfGranted
  }

  /// Writes it down, under a number that can't be guessed.
  func add(_ held: HeldAttempt, of user: UInt32, at milliseconds: Int64) -> String {
    let number = Self.newNumber
    let end = milliseconds + bounds.verdict * 1000
    entries[number] = Entry(owner: user, end: end, state: .reserved(held))
    order.append(number)
    door.ring()
    return number
  }

  private static var newNumber: String {
    [Random.number, Random.number].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }

  static func isNumber(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// What is known of a number.
  enum Known {
    /// It is to be settled now, and only by the request that asked; then its owner gives it up.
    case reserved(HeldAttempt, of: UInt32)
    case settled(Verdict)
    case unknown
  }

  /// Whose it is; nil if it isn't known, or has lapsed.
  func owner(of number: String) -> UInt32? { entries[number]?.owner }

  /// Takes it, to tell `verdict`.
  func take(_ number: String, _ verdict: Verdict) -> Known {
    guard let entry = entries[number] else { return .unknown }
    switch entry.state {
    case .settled(let verdict): return .settled(verdict)
    case .reserved(let held):
      entries[number]?.state = .settled(verdict)
      return .reserved(held, of: entry.owner)
    }
  }

  /// Forgets what is over, and hands out what has lapsed, to be settled and given up; all of it at
  /// the end of the server.
  func lapsed(at milliseconds: Int64) -> [(held: HeldAttempt, owner: UInt32)] {
    var lapsed: [(HeldAttempt, UInt32)] = []
    while first < order.count, let entry = entries[order[first]], entry.end <= milliseconds {
      entries[order[first]] = nil
      first += 1
      guard case .reserved(let held) = entry.state else { continue }
      lapsed.append((held, entry.owner))
    }
    if first > 1024, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
    return lapsed
  }
}

/// How a client says that a password was judged.
enum Verdict: String, Sendable {
  case failed, succeeded
  /// Not at all: it counts for nothing.
  case abandoned

  var outcome: Outcome { self == .failed ? .failed : .succeeded }
}
