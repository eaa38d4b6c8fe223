internal import BlockList
internal import PamAbl
internal import Platform
internal import Policy
internal import Upkeep

/// Reads databases of pam_abl into ours, and tells of what can't be read.
struct Importer {
  private let blockList: BlockList
  private let isDry: Bool
  private let now = Timestamp.now
  private var waiting: [ImportedHistory] = []
  /// What the store has taken, or would take; and what it has not, for it can't be written to.
  private var (taken, refused) = (Count(), Count())
  /// How many of the attempts were not known.
  private var added = 0
  private(set) var isDamaged = false

  /// How many subjects are written in one transaction.
  private static let batch = 500

  init(_ blockList: BlockList, isDry: Bool) {
    (self.blockList, self.isDry) = (blockList, isDry)
  }

  /// What has come of it; nil if nothing has, for the store can't be written to.
  var summary: String? {
    guard taken.subjects > 0 || refused.subjects == 0 else { return nil }
    let subjects = "\(counted(taken.hosts, "host")) and \(counted(taken.users, "user"))"
    let what = "\(subjects), \(counted(taken.attempts, "attempt"))"
    if isDry { return "would import \(what)" }
    return "imported \(what), \(max(taken.attempts - added, 0)) of them known before"
  }

  /// Takes over what can be read of `database`; complains of the rest.
  mutating func read(_ database: OldDatabase) {
    do {
      if database.isDump {
        try readAll(LineReader(database.path, longest: Dump.longestLine), of: database)
      } else {
        try readByProgram(database)
      }
    } catch let error as ReadError {
      complain(error.failure(of: database.path).message)
    } catch let failure as Failure {
      complain(failure.message)
    } catch let error as StoreError {
      complain(error.advice)
    } catch {
      complain("\(error)")
    }
  }

  private mutating func readByProgram(_ database: OldDatabase) throws {
    let dumper = try Dumper(of: database.path)
    let before = taken
    let flaw = try dumper.flaw()
    let process = try ChildProcess.started(dumper.program, dumper.arguments)
    try readAll(LineReader(process.output, longest: Dump.longestLine), of: database)
    // A program may leave out what is damaged, and say nothing.
    guard let complaint = process.complaintAtEnd(dumper.name) ?? flaw else { return }
    let what = "'\(Name(database.path.bytes).shown)' is damaged: \(flaw ?? complaint)"
    guard let arguments = dumper.salvageArguments else { return complain(what) }
    complain(what + "; taking over what is found in it")
    // It prints all of it once more, and what could not be reached before.
    let reached = taken
    taken = before
    defer { if taken.subjects < reached.subjects { taken = reached } }
    let salvage = try ChildProcess.started(dumper.program, arguments)
    let lines = LineReader(salvage.output, longest: Dump.longestLine)
    try readAll(lines, of: database, isSalvaged: true)
    _ = salvage.complaintAtEnd(dumper.name)
  }

  private mutating func readAll(
    _ lines: consuming LineReader, of database: OldDatabase, isSalvaged: Bool = false
  ) throws {
    var reader = DumpReader(lines, isSalvaged: isSalvaged)
    while let entry = try reader.next() {
      switch entry {
      case .damage(let message, let line): complain(of: database, line, message)
      case .record(let key, let value, let line): try take(key, value, line, of: database)
      }
      if waiting.count == Self.batch { try flush() }
    }
    try flush()
  }

  private mutating func take(
    _ key: [UInt8], _ value: [UInt8], _ line: Int, of database: OldDatabase
  ) throws {
    let record = OldRecord(value)
    if let damage = record.damage {
      let name = ArgumentBytes.shown(key)
      let place = "'\(name)', byte \(damage.byte) of its record: "
      complain(of: database, line, place + damage.message)
    }
    guard !record.attempts.isEmpty, let history = record.history(of: key, database.kind) else {
      return
    }
    waiting.append(history)
  }

  private mutating func flush() throws {
    defer { waiting.removeAll(keepingCapacity: true) }
    guard !waiting.isEmpty else { return }
    do throws(StoreError) {
      if !isDry { added += try blockList.add(waiting, at: now) }
    } catch {
      refused.add(waiting)
      throw error
    }
    taken.add(waiting)
  }

  /// - Parameter line: of the dump.
  private mutating func complain(of database: OldDatabase, _ line: Int, _ message: String) {
    let file = Name(database.path.bytes).shown
    let place = database.isDump ? "\(file):\(line)" : "\(file), line \(line) of its dump"
    complain("\(place): \(message)")
  }

  private mutating func complain(_ message: String) {
    isDamaged = true
    Terminal.write("ablctl: \(message)\n", to: .error)
  }
}

extension Importer {
  private struct Count {
    private(set) var (hosts, users, attempts) = (0, 0, 0)

    var subjects: Int { hosts + users }

    mutating func add(_ histories: [ImportedHistory]) {
      hosts += histories.count { $0.subject.kind == .host }
      users += histories.count { $0.subject.kind != .host }
      attempts += histories.reduce(0) { $0 + $1.attempts.count }
    }
  }
}
