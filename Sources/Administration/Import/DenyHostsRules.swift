internal import Platform
internal import Policy

/// The rules that DenyHosts' thresholds are.
struct DenyHostsRules {
  /// Whose guesses a threshold counts.
  private struct Threshold {
    /// As in DENY_THRESHOLD_INVALID, AGE_RESET_INVALID.
    let key: String
    /// Of a clause of `host_rule`; nil if there is none.
    let pattern: String
    let tries: String
    let usual: Int
  }

  private static let thresholds = [
    Threshold(key: "ROOT", pattern: "root@*", tries: "tries of root", usual: 1),
    Threshold(
      key: "INVALID", pattern: "?@*", tries: "tries of users that don't exist", usual: 5),
    Threshold(key: "VALID", pattern: "*", tries: "tries of any user", usual: 10),
  ]
  /// The longest window that makes sense of a count that is never forgotten.
  private static let year: Int64 = 365 * 86_400
  private static let longest = 10 * year

  private var clauses: [String] = []
  private var meaning: [String] = []
  /// For how long each file of counts is worth something, in seconds.
  private(set) var windows: [String: Int64] = [:]
  /// Nil: for ever.
  private(set) var purge: Int64?

  /// - Parameter restricted: users of `restricted-usernames`.
  init(_ settings: DenyHostsSettings, restricted: [Name], _ handover: inout Handover) {
    for threshold in Self.thresholds { add(threshold, settings, &handover) }
    add(restricted: restricted, settings, &handover)
    purge = settings.seconds("PURGE_DENY", &handover).map { min($0, Self.longest) }
    meaning += [
      "DenyHosts blocks when a count is greater than its threshold, abl when it is reached; so each",
      "count is one more. DenyHosts begins anew after a pause of that time; here it is a window.",
      "DenyHosts counts existing users but root apart; '*' counts all, so it may block earlier.",
    ]
    handover.set("host_rule", clauses.joined(separator: " "), meaning)
    handover.set(
      "host_purge", Duration(seconds: windows.values.max() ?? Self.year).setting,
      ["Attempts are kept for the longest of these times."])
    if let purge {
      handover.set(
        "host_block", Duration(seconds: purge).setting,
        ["A block lasts that long at least (PURGE_DENY)."])
    } else {
      handover.leave(
        FilePlace(file: settings.file, line: nil), "PURGE_DENY".utf8,
        "it isn't set: DenyHosts keeps each block for ever; here one ends with its window")
    }
  }

  private mutating func add(
    _ threshold: Threshold, _ settings: DenyHostsSettings, _ handover: inout Handover
  ) {
    var count = settings.number("DENY_THRESHOLD_" + threshold.key, &handover)
    if count == nil, threshold.key == "INVALID" {
      count = settings.number("DENY_THRESHOLD", &handover)
    }
    add(threshold, count ?? threshold.usual, settings, &handover)
  }

  private mutating func add(
    _ threshold: Threshold, _ count: Int, _ settings: DenyHostsSettings,
    _ handover: inout Handover
  ) {
    let age = settings.seconds("AGE_RESET_" + threshold.key, &handover)
    let window = min(age ?? Self.year, Self.longest)
    windows[threshold.key] = window
    let limit = "\(count + 1)/\(Duration(seconds: window).setting)"
    clauses.append("\(threshold.pattern):\(limit)")
    let forgotten = age == nil ? "; DenyHosts forgets none, here it is a year" : ""
    meaning.append(
      "\(threshold.pattern):\(limit): \(count + 1) \(threshold.tries) block a host\(forgotten)")
  }

  /// A clause for all users of the list together, as DenyHosts counts them.
  private mutating func add(
    restricted users: [Name], _ settings: DenyHostsSettings, _ handover: inout Handover
  ) {
    let own = settings.number("DENY_THRESHOLD_RESTRICTED", &handover)
    let root = settings.number("DENY_THRESHOLD_ROOT", &handover)
    guard !users.isEmpty else { return }
    let names = users.map { String($0.escaped) }.joined(separator: "|")
    let threshold = Threshold(
      key: "RESTRICTED", pattern: names + "@*", tries: "tries of restricted users", usual: 1)
    add(threshold, own ?? root ?? threshold.usual, settings, &handover)
    meaning.append("DenyHosts counts a restricted user that exists twice, abl once.")
  }
}
