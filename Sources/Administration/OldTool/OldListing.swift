internal import BlockList
internal import Policy
internal import Upkeep

/// The lists of pam_abl 0.6.0, with its tabs.
///
/// Names stand as everywhere, escaped, and a blank in one as `\x20`: programs that read these
/// lists split them at blanks.
struct OldListing {
  let configuration: Configuration
  let now: Timestamp
  /// Whether to list the attempts instead of the verdict.
  let isVerbose: Bool
  /// Whether of an attempt only its age is told.
  let isRelative: Bool

  func write(_ kind: Kind, of blockList: BlockList, to output: inout Output) throws {
    try output.add(kind == .user ? "Failed users:" : "Failed hosts:")
    var local = LocalTime()
    var isEmpty = true
    try Listing(blockList, kind).forEachChunk(of: 1000) { chunk in
      for (subject, record) in chunk {
        isEmpty = false
        try output.add("\t\(subject.name.unblanked) (\(record.times.count))")
        if isVerbose {
          for attempt in record.attempts { try output.add("\t\t" + line(attempt, &local)) }
        } else {
          try output.add("\t\t" + verdict(on: subject, record))
        }
      }
    }
    if isEmpty { try output.add("   <none>") }
  }

  /// `Blocked based on rule [*], [!root/sshd]`: the names of each clause that blocks.
  private func verdict(on subject: Subject, _ record: SubjectRecord) -> String {
    let (times, series) = (record.times(at: now), record.series(at: now))
    guard !configuration.isAllowed(subject),
      let block = configuration.block(of: subject, using: nil, after: times, series, at: now)
    else { return "Not blocking" }
    var clauses = configuration.rule(for: subject).clauses.filter { clause in
      Rule([clause]).block(of: subject, using: nil, after: times, inFlight: 0, at: now) != nil
    }
    // One that lasts longer than its limit says.
    if clauses.isEmpty, let clause = block.clause { clauses = [clause] }
    return "Blocked based on rule " + clauses.map { "[\($0.names)]" }.joined(separator: ", ")
  }

  private func line(_ attempt: RecordedAttempt, _ local: inout LocalTime) -> String {
    guard !isRelative else { return Self.age(now.interval(since: attempt.time)) }
    let (service, other) = (attempt.service.shown.unblanked, attempt.counterpart?.name.unblanked)
    let fields = [service, other ?? "", attempt.reason.oldWord, local(attempt.time).asctime]
    return fields.joined(separator: "\t\t")
  }

  /// `days/HH:MM:SS`
  static func age(_ seconds: Int64) -> String {
    let seconds = max(seconds, 0)
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60]
    let digits = clock.map { ($0 < 10 ? "0" : "") + String($0) }
    return "\(seconds / 86_400)/" + digits.joined(separator: ":")
  }
}

extension Clause {
  /// The clause without its limits.
  fileprivate var names: String {
    // Limits have no colon.
    let text = String(self.text)
    return String(text[..<(text.lastIndex(of: ":") ?? text.endIndex)])
  }
}

extension String {
  fileprivate var unblanked: String {
    split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\\x20")
  }
}

extension RecordedAttempt.Reason {
  /// As the old tool says it.
  var oldWord: String {
    switch self {
    case .authentication: "AUTH"
    case .host: "HOST"
    case .user: "USER"
    case .both: "BOTH"
    }
  }
}

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
