internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// Reads databases of pam_abl into ours, and tells of what can't be read.
struct Importer {
  private let blockList: BlockList
  private let isDry: Bool
  private let now = Timestamp.now
  private var waiting: [ImportedHistory] = []
  private var (hosts, users) = (0, 0)
  /// Read, and of these, those that were not known.
  private var (attempts, added) = (0, 0)
  private(set) var isDamaged = false
  /// What of these is in the store.
  private var written = (hosts: 0, users: 0, attempts: 0)
  /// Whether the store could not be written to, and nothing is in it.
  private(set) var isInVain = false

  /// How many subjects are written in one transaction.
  private static let batch = 500

  init(_ blockList: BlockList, isDry: Bool) {
    (self.blockList, self.isDry) = (blockList, isDry)
  }

  var summary: String {
    let subjects = "\(counted(hosts, "host")) and \(counted(users, "user"))"
    let what = "\(subjects), \(counted(attempts, "attempt"))"
    if isDry { return "would import \(what)" }
    return "imported \(what), \(max(attempts - added, 0)) of them known before"
  }

  /// Takes over what can be read of `database`; complains of the rest.
  mutating func read(_ database: OldDatabase) {
    do {
      if database.isDump {
        try readAll(LineReader(database.path, longest: DumpReader.longestLine), of: database)
      } else {
        try readByProgram(database)
      }
    } catch let error as ReadError {
      complain(error.failure(of: database.path).message)
    } catch let failure as Failure {
      complain(failure.message)
    } catch let error as StoreError {
      complain(error.advice)
      (hosts, users, attempts) = written
      isInVain = written.hosts + written.users == 0
    } catch {
      complain("\(error)")
    }
  }

  private mutating func readByProgram(_ database: OldDatabase) throws {
    let dumper = try Dumper(of: database.path)
    let before = (hosts, users, attempts)
    let flaw = try dumper.flaw()
    let process = try ChildProcess.started(dumper.program, dumper.arguments)
    try readAll(LineReader(process.output, longest: DumpReader.longestLine), of: database)
    // A program may leave out what is damaged, and say nothing.
    guard let complaint = process.complaintAtEnd(dumper.name) ?? flaw else { return }
    let what = "'\(Name(database.path.bytes).shown)' is damaged: \(flaw ?? complaint)"
    guard let arguments = dumper.salvageArguments else { return complain(what) }
    complain(what + "; taking over what is found in it")
    // It prints all of it once more, and what could not be reached before.
    (hosts, users, attempts) = before
    let salvage = try ChildProcess.started(dumper.program, arguments)
    let lines = LineReader(salvage.output, longest: DumpReader.longestLine)
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
    if database.kind == .host { hosts += 1 } else { users += 1 }
    attempts += record.attempts.count
    waiting.append(history)
  }

  private mutating func flush() throws {
    defer { waiting.removeAll(keepingCapacity: true) }
    if !isDry, !waiting.isEmpty { added += try blockList.add(waiting, at: now) }
    written = (hosts, users, attempts)
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
