public import News
public import Sharing

/// All decisions that hold, as far as the answers have told.
///
/// The API has no cursor: what is lost on the way isn't told again. So all is asked for after any
/// error, and once in a while.
public struct Decisions: Sendable {
  /// By the number that the API gives them: several may be about one address.
  private var held: [Int: Decision] = [:]
  /// What was left out since all was told last, by the reason.
  public private(set) var leftOut: [Decision.Unusable: Int] = [:]

  /// How many decisions are held: as many as a map of the fleet has room for.
  public static let most = 65_000

  public init() {}
}

extension Decisions {
  /// Takes an answer over; one that can't be read changes nothing.
  ///
  /// - Parameter isWhole: whether it has all that holds, and not only what has changed.
  public mutating func take(
    _ answer: [UInt8], isWhole: Bool, at now: UInt32
  ) throws(NewsError) {
    guard let json = JSON(answer), case .object = json, let new = Self.list(json["new"]),
      let deleted = Self.list(json["deleted"])
    else { throw NewsError("its answer is no stream of decisions") }
    let known = held
    if isWhole { (held, leftOut) = ([:], [:]) }
    for one in deleted { if let id = one["id"]?.integer { held[id] = nil } }
    for one in new { add(one, known, at: now) }
    forgetEnded(at: now)
  }

  /// Null where there is nothing; else a list.
  private static func list(_ json: JSON?) -> [JSON]? {
    switch json {
    case nil, .null?: []
    case .array(let elements)?: elements
    default: nil
    }
  }

  private mutating func add(_ json: JSON, _ known: [Int: Decision], at now: UInt32) {
    do throws(Decision.Unusable) {
      guard let id = json["id"]?.integer else { throw .malformed }
      var decision = try Decision(json, at: now)
      if let old = known[id], old.prefix == decision.prefix { decision.made = old.made }
      guard held[id] != nil || held.count < Self.most else { throw .tooMany }
      held[id] = decision
    } catch { leftOut[error, default: 0] += 1 }
  }

  /// Removes what has ended.
  public mutating func forgetEnded(at now: UInt32) {
    held = held.filter { $0.value.until > now }
  }

  public var count: Int { held.count }

  /// How many there are of each that has decided.
  public var origins: [String: Int] {
    held.values.reduce(into: [:]) { $0[$1.origin, default: 0] += 1 }
  }

  /// As other machines would report it: each address once, up to the last end.
  public var records: [Record] {
    var records: [Prefix: Record] = [:]
    for decision in held.values {
      let old = records[decision.prefix]
      records[decision.prefix] = Record(
        .block, decision.prefix, failures: 0, made: min(decision.made, old?.made ?? .max),
        until: max(decision.until, old?.until ?? 0))
    }
    return Array(records.values)
  }
}
