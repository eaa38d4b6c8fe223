internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// What is on record, on one screen.
struct StatusSummary {
  let now: Timestamp
  private(set) var (known, blocked) = (KindCount(), KindCount())
  /// What is decreed by hand.
  private let (blocksByHand, allowsByHand): (Int, Int)
  /// Whose block ends next; nil if none ends by itself.
  private(set) var nextEnd: (subject: Subject, block: Block)?
  /// Hosts, the busiest first.
  private(set) var guessers: [SubjectRow] = []
  /// The latest first.
  private(set) var last: [ShownAttempt] = []
  let path: Path
  /// On the disk, in bytes; nil if there is no store.
  let disk: Int?
  /// Failures that are not in the store yet.
  let waiting: Int
  /// How many files of damaged stores there are.
  let movedAside: Int
  let kernel = KernelLayer()
  let fleet = FleetLayer()

  /// How many of each are shown.
  private static let most = 5

  init(_ blockList: BlockList, at now: Timestamp) throws {
    self.now = now
    path = blockList.storePath
    disk = try blockList.fileSpace()?.disk
    waiting = Set(try blockList.unwrittenFailures(at: now).map { $0.attempt.id }).count
    movedAside = try blockList.movedAside().count
    let decrees = try blockList.decrees(at: now)
    let blocks = decrees.all.count { $0.kind == .block }
    (blocksByHand, allowsByHand) = (blocks, decrees.all.count - blocks)
    let judge = Judge(blockList.configuration, nil, decrees, now)
    var latest: [SummarizedSubject] = []
    try SummaryListing(blockList, nil, now).forEachSubject { subject in
      let standing = judge.standing(of: subject)
      count(subject, standing)
      if subject.kind.isOrigin { consider(SubjectRow(subject, standing)) }
      // Each attempt stands with two of these at most, and networks don't have its host.
      if subject.summary.newest != nil, subject.kind != .network, subject.kind != .home {
        Self.insert(subject, into: &latest, 2 * Self.most) { $0.newest > $1.newest }
      }
    }
    last = try Self.attempts(of: latest, blockList, now)
  }

  private mutating func count(_ subject: SummarizedSubject, _ standing: Standing) {
    known.add(subject.kind)
    guard let block = standing.block else { return }
    blocked.add(subject.kind)
    guard block.until != .never else { return }
    if let next = nextEnd, next.block.until <= block.until { return }
    if let subject = subject.subject { nextEnd = (subject, block) }
  }

  private mutating func consider(_ row: SubjectRow) {
    Self.insert(row, into: &guessers, Self.most) { $0.attempts > $1.attempts }
  }

  /// Puts `new` behind those that are not worse, and keeps the first `most`.
  private static func insert<Item>(
    _ new: Item, into items: inout [Item], _ most: Int, _ isBetter: (Item, Item) -> Bool
  ) {
    let place = items.firstIndex { isBetter(new, $0) } ?? items.count
    guard place < most else { return }
    items.insert(new, at: place)
    if items.count > most { items.removeLast() }
  }

  private static func attempts(
    of subjects: [SummarizedSubject], _ blockList: BlockList, _ now: Timestamp
  ) throws -> [ShownAttempt] {
    var seen: Set<UInt64> = []
    var all: [(id: UInt64, shown: ShownAttempt)] = []
    for subject in subjects.compactMap({ $0.subject }) {
      let record = try blockList.knownRecord(of: subject, at: now)
      for attempt in record?.attempts.suffix(most) ?? [] where seen.insert(attempt.id).inserted {
        all.append((attempt.id, ShownAttempt(attempt, of: subject)))
      }
    }
    all.sort { ($0.shown.time, $0.id) > ($1.shown.time, $1.id) }
    return all.prefix(most).map { $0.shown }
  }
}

extension SummarizedSubject {
  fileprivate var newest: Timestamp { summary.newest ?? Timestamp(seconds: 0) }
}

extension SubjectRow {
  /// Failures and refusals.
  fileprivate var attempts: Int { subject.summary.times.count }
}

// MARK: - In words

extension StatusSummary {
  func write(_ examination: Examination, to output: inout Output) throws {
    for (label, text) in lines(examination) {
      try output.tell(Column.line([label, text], [Column(8), Column(0)]), indent: 10)
    }
  }

  private func lines(_ examination: Examination) -> [(String, String)] {
    var local = LocalTime()
    var lines = examination.summary.map { ("", $0) }
    lines[0].0 = "in force"
    lines.append(("blocked", blockedText))
    if blocksByHand + allowsByHand > 0 { lines.append(("by hand", byHandText)) }
    lines += labelled("guessers", guessers.map { sentence(on: $0) }, "no host is on record")
    lines += labelled("last", last.map { sentence(on: $0, &local) }, "no failed login is on record")
    lines.append(("store", storeText))
    lines.append(("firewall", kernel.sentence))
    if let sentence = fleet.sentence { lines.append(("fleet", sentence)) }
    return lines
  }

  private func labelled(
    _ label: String, _ texts: [String], _ none: String
  ) -> [(String, String)] {
    let texts = texts.isEmpty ? [none] : texts
    return texts.enumerated().map { ($0.offset == 0 ? label : "", $0.element) }
  }

  private var blockedText: String {
    guard blocked.all > 0 else { return "no host and no user" }
    guard let nextEnd else { return blocked.sentence + "; none ends by itself" }
    let end = "the next to end is \(nextEnd.subject.shown), in \(nextEnd.block.remaining(at: now))"
    return blocked.sentence + "; " + end
  }

  private var byHandText: String {
    let numbers = "\(counted(blocksByHand, "block")) and \(counted(allowsByHand, "allow"))"
    return numbers + "; 'ablctl list decrees' has them"
  }

  /// `192.0.2.7: 10 failures, 3 refusals, blocked`
  private func sentence(on row: SubjectRow) -> String {
    let failures = row.subject.summary.failureCount
    let refusals = row.attempts - failures
    let name = row.subject.subject?.name.cell ?? ""
    var sentence = name + ": " + counted(failures, "failure")
    if refusals > 0 { sentence += ", " + counted(refusals, "refusal") }
    switch row.standing {
    case .clear: return sentence
    case .allowed: return sentence + ", on the allow list"
    case .decreed: return sentence + ", let pass by a decree"
    case .blocked(let block): return sentence + ", blocked for \(block.remaining(at: now))"
    }
  }

  /// `2026-11-21 04:12:33  sshd, user root from host 192.0.2.7: failed`
  private func sentence(on attempt: ShownAttempt, _ local: inout LocalTime) -> String {
    let user = attempt.user.map { "user " + $0.cell }
    let host = attempt.host.map { (user == nil ? "host " : "from host ") + $0.cell }
    let parties = [user, host].compactMap { $0 }.joined(separator: " ")
    return "\(local(attempt.time).text)  \(attempt.service.cell), \(parties): \(attempt.sentence)"
  }

  private var storeText: String {
    let place = path.shown
    let wait = waiting > 0 ? "; \(counted(waiting, "failure")) not in it yet" : ""
    guard let disk else { return place + ": there is no store yet" + wait }
    return "\(place): \(Bytes(count: disk).text), \(known.sentence)" + wait
  }

  func object(_ examination: Examination) -> [UInt8] {
    var object = examination.object
    object.set("hosts", known.hosts)
    object.set("users", known.users)
    object.set("blockedHosts", blocked.hosts)
    object.set("blockedUsers", blocked.users)
    object.set(
      "nextEnd",
      line: nextEnd.map { next in
        var end = JSONObject()
        end.set("kind", next.subject.kindText)
        end.set("name", next.subject.name)
        end.set("until", next.block.until.end)
        return end.line()
      })
    known.describeOthers(in: &object)
    blocked.describeOtherBlocked(in: &object)
    object.set("blocksByHand", blocksByHand)
    object.set("allowsByHand", allowsByHand)
    object.set("guessers", lines: guessers.map { $0.object.line() })
    object.set("last", lines: last.map { $0.object.line() })
    object.set("store", path.shown)
    object.set("diskBytes", disk)
    object.set("waiting", waiting)
    object.set("daemon", kernel.word)
    object.set("kernelBlocks", kernel.blocks)
    object.set("firewall", kernel.sentence)
    object.set("rebuilds", kernel.rebuilds)
    object.set("movedAside", movedAside)
    object.set("fleet", fleet.sentence)
    return object.line()
  }
}

extension Examination {
  /// A line or two: the verdict, and what is worst.
  fileprivate var summary: [String] {
    let hint = "'ablctl doctor' says what to do"
    guard let first = findings.first, first.level != .note else {
      return ["yes: " + Self.list(guarded)]
    }
    let rest = findings.count { $0.level != .note } - 1
    let more = rest > 0 ? "; \(counted(rest, "finding")) more" : ""
    let worst = first.place.map { $0.text + ": " } ?? ""
    let verdict: String
    switch self.verdict {
    case .notInForce where guarded.isEmpty: verdict = "no"
    case .notInForce: verdict = "in part: " + Self.list(guarded)
    case .inForce, .doubtful: verdict = "yes, with doubts: " + Self.list(guarded)
    }
    return [verdict, worst + first.text + more, hint]
  }
}
