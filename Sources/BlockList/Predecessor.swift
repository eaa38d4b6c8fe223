internal import LMDB
internal import Platform
internal import Policy
internal import Text

/// What the version before this one keeps, in processes that have mapped it and run on: the table
/// `attempts-N` in `run_home`, and the file `journal` in `db_home`.
///
/// It changes its table under the lock of the store, and looks at the store only for what others
/// have done. So while there is such a table, its failures count here, and each failure is
/// brought into the store at once. `ablctl` takes the old journal over, and removes it once there
/// is no such table any more; `make install` has it do so.
extension Home {
  private var oldTable: Path {
    get throws(SystemError) { try Path("attempts").tagged(directory) }
  }
  private static var oldJournal: Path { "journal" }

  /// Whether there is anything of it.
  var hasPredecessor: Bool {
    (try? run.status(of: oldTable)) != nil
      || (try? directory.status(of: Self.oldJournal)) != nil
  }

  /// Its failures that wait for the store, and its attempts that were left at a second question.
  package var oldFailures: [InFlight] {
    oldEntries.filter {
      $0.state == .failed || $0.state == .halfway && !$0.owner.process.isAlive
    }
  }

  private var oldEntries: [InFlight] {
    if let table = try? oldTable, let content = content(of: table, in: run),
      content.starts(with: Self.magic)
    {
      return Self.oldEntries(in: content)
    }
    return content(of: Self.oldJournal, in: directory).map(Self.oldEntries) ?? []
  }

  private static var magic: [UInt8] { Text("abl in flight 1\n").bytes + Boot.id }

  private func content(of name: Path, in place: borrowing File) -> [UInt8]? {
    guard let file = try? File(name, in: place, .read) else { return nil }
    return try? file.read(1 << 22)
  }

  private static func oldEntries(in content: [UInt8]) -> [InFlight] {
    var entries: [InFlight] = []
    for slot in 1..<max(content.count / InFlight.slotLength, 1) {
      let start = slot * InFlight.slotLength
      let bytes = content[start..<start + InFlight.slotLength]
      if content[start] != 0, let entry = InFlight(decodingOld: bytes, slot) {
        entries.append(entry)
      }
    }
    return entries
  }

  /// Frees what is in the store by now, with the lock, as the other version would: for ablctl. A
  /// login leaves it, since it is known in the store by its number.
  package func freeOld() {
    let entries = oldFailures
    let table = try? File(oldTable, in: run, .readWrite)
    if let journal = try? File(Self.oldJournal, in: directory, .readWrite) {
      for entry in entries { try? journal.write([0], at: entry.slot * InFlight.slotLength) }
      try? journal.synchronizeData()
    }
    for entry in entries {
      try? table?.write([0], at: entry.slot * InFlight.slotLength)
    }
    if table == nil { try? directory.remove(Self.oldJournal) }
  }
}

extension InFlight {
  /// A slot of the version before: state 1, id 8, time 8, process 4, seen 8, which subjects count
  /// 1, service, the user's key, the host's key.
  fileprivate convenience init?(decodingOld bytes: ArraySlice<UInt8>, _ slot: Int) {
    var reader = Bytes.Reader(bytes)
    guard let code = reader.byte(), let id = reader.integer(8), let seconds = reader.int64(),
      let process = reader.integer(4), let seen = reader.integer(8), let counted = reader.byte()
    else { return nil }
    let state: State = code == 1 || code == 3 ? .admitted : code == 6 ? .halfway : .failed
    let owner = SlotOwner(
      process: ProcessIdentity(id: Int32(truncatingIfNeeded: process), seen: seen),
      namespace: 0, borrower: 0)
    // What follows is as it is now, behind what kind it is.
    self.init(
      decoding: ([Self.layout] + Bytes.bigEndian(id) + Bytes.bigEndian(seconds) + [counted, 0]
        + reader.rest)[...],
      slot: slot, state: state, owner: owner)
  }
}
