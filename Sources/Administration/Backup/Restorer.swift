internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// Reads an export into a store, and tells of what can't be read.
struct Restorer {
  private let blockList: BlockList
  private let path: Path
  private let isDry: Bool
  private var waiting: [StoredSubject] = []
  private var waitingDecrees: [DecreeOrder] = []
  private var decrees = 0
  private var waitingAttempts = 0
  private var clock: ClockMemory?
  private var kinds = KindCount()
  /// Read, and of these, those that were not known.
  private var (attempts, added) = (0, 0)
  private var isEnded = false
  private var bar = ProgressBar()
  /// Bytes of the file, and those that were read; 0 of what is no ordinary file.
  private var (size, done) = (0, 0)
  private(set) var isDamaged = false

  /// How many subjects are written in one transaction, and about how many attempts.
  private static let batch = (subjects: 500, attempts: 20_000)
  /// The most bytes of a line: a subject has 10 000 attempts at most, of two kilobytes.
  private static let longestLine = 64 << 20

  init(_ blockList: BlockList, _ path: Path, isDry: Bool) {
    (self.blockList, self.path, self.isDry) = (blockList, path, isDry)
  }

  var summary: String {
    let subjects = kinds.sentence
    let also = decrees > 0 ? ", " + counted(decrees, "decree") : ""
    let what = "\(subjects), \(counted(attempts, "attempt"))\(also)"
    if isDry { return "would import \(what)" }
    return "imported \(what), \(max(attempts - added, 0)) of them known before"
  }

  mutating func run() throws {
    var reader = try LineReader(path, longest: Self.longestLine)
    if let file = try? File(path, .readLinked) { size = (try? file.status.size) ?? 0 }
    defer { bar.clear() }
    guard let head = try reader.next() else { throw failure("it is empty") }
    try begin(head)
    while let line = try reader.next() {
      done += line.text.count + 1
      if size > 0 { bar.show(done, of: size, kinds.sentence) }
      try take(line)
      if waiting.count + waitingDecrees.count >= Self.batch.subjects
        || waitingAttempts >= Self.batch.attempts
      {
        try flush()
      }
    }
    try flush()
    if !isEnded { complain("\(shownPath): its end is missing; what there is of it is taken over") }
  }

  private mutating func begin(_ head: Line) throws {
    let known = try? ExportLine.readHead(head.text)
    guard let version = known?.version else { throw failure("it is no export of abl") }
    guard version <= ExportLine.version else {
      throw failure("its format is version \(version), this is for \(ExportLine.version)")
    }
    clock = known?.clock
  }

  private mutating func take(_ line: Line) throws {
    guard !line.isCut else { return complain(of: line, "the line is longer than 64 MiB") }
    guard line.text.contains(where: { $0 != 0x20 && !(9...13).contains($0) }) else { return }
    do throws(JSONError) {
      switch try ExportLine.read(line.text) {
      case .subject(let stored): add(stored)
      case .decree(let order):
        decrees += 1
        waitingDecrees.append(order)
      case .end(let subjects, let attempts, let decrees):
        isEnded = true
        guard subjects != kinds.all || attempts != self.attempts || decrees != self.decrees
        else { return }
        let also = decrees > 0 ? " and " + counted(decrees, "decree") : ""
        let expected =
          "\(counted(subjects, "subject")) and \(counted(attempts, "attempt"))\(also)"
        complain(of: line, "\(expected) should stand before it")
      }
    } catch {
      // In characters, as editors count them.
      let place = max(error.offset, line.text.startIndex)
      let column = line.text[..<place].count { $0 & 0xC0 != 0x80 } + 1
      complain("\(shownPath):\(line.number):\(column): \(error.message)")
    }
  }

  private mutating func add(_ stored: StoredSubject) {
    kinds.add(stored.subject.kind)
    attempts += stored.attempts.count
    waitingAttempts += stored.attempts.count
    waiting.append(stored)
  }

  private mutating func flush() throws {
    defer { (waiting, waitingAttempts, waitingDecrees) = ([], 0, []) }
    guard !isDry, !waiting.isEmpty || !waitingDecrees.isEmpty || clock != nil else { return }
    do throws(StoreError) {
      added += try blockList.restore(waiting, clock)
      try blockList.restore(waitingDecrees, at: .now)
    } catch {
      guard error.isFull else { throw error }
      let taken = counted(kinds.all - waiting.count, "subject")
      throw Failure(message: error.advice + "; \(taken) are taken over so far")
    }
    clock = nil
  }

  private var shownPath: String { path == "-" ? "standard input" : Name(path.bytes).shown }

  private func failure(_ reason: String) -> Failure {
    Failure(message: "cannot import '\(shownPath)': \(reason)")
  }

  private mutating func complain(of line: Line, _ message: String) {
    complain("\(shownPath):\(line.number): \(message)")
  }

  private mutating func complain(_ message: String) {
    isDamaged = true
    Terminal.write("ablctl: \(message)\n", to: .error)
  }
}
