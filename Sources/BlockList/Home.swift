internal import LMDB
package import Platform
package import Policy
internal import Text

/// The directories of a store, open: `db_home`, with what outlives a boot, and `run_home`.
///
/// Open for one step of a login only: the program that we are in may close descriptors that it
/// doesn't know, and give their numbers to files of its own.
package struct Home: ~Copyable {
  package let directory: File
  let run: File
  /// Is told what an administrator should know.
  let notice: Notice

  /// Opens them, and makes what is missing.
  ///
  /// - Parameter withRun: whether `run_home` is needed; without it, `db_home` stands for it.
  package init(
    _ configuration: Configuration, withRun: Bool = true, notice: @escaping Notice
  ) throws(StoreError) {
    let database = Path(configuration.databaseHome.bytes)
    let directory = try Store.trusted(database)
    let run = withRun ? try Self.run(configuration) : try Store.trusted(database)
    self.notice = notice
    self.directory = directory
    self.run = run
  }

  /// With no room for a directory in `run_home`, all stands in `db_home`.
  private static func run(_ configuration: Configuration) throws(StoreError) -> File {
    do throws(StoreError) {
      return try Store.trusted(Path(configuration.runHome.bytes))
    } catch {
      // Another error there says nothing of other processes, which may have their table in it.
      guard case .system(let reason) = error, reason.action == .create, reason.isWithoutRoom else {
        throw error
      }
      return try Store.trusted(Path(configuration.databaseHome.bytes))
    }
  }

  /// The name of the table. It ends with the boot, for a `run_home` may stand on a disk.
  ///
  /// By another name it would be another table, which no other login looks into, and whose slots of
  /// the journal are others', too: so where that can't be told there is none.
  private func tableName() throws(StoreError) -> Path { try nameOfBoot(InFlightTable.name) }

  /// The name of a file of this store that ends with the boot.
  func nameOfBoot(_ kind: Path) throws(StoreError) -> Path {
    try system { () throws(SystemError) in
      let boot = Text(try Boot.read().prefix(8))
      return Path(try kind.tagged(directory).bytes + Text("-").bytes + boot.bytes)
    }
  }
}

extension InFlightTable {
  static var name: Path { "in-flight" }
}

/// The table: where it is, and how it is made.
extension Home {
  /// Maps the table, which is made if there is none.
  ///
  /// It stands in `run_home`. If that had no room for it when it was made, it stands in `db_home`,
  /// and a symbolic link of its name in `run_home` says so: one name decides, so that all agree.
  package func table() throws(StoreError) -> InFlightTable {
    let name = try tableName()
    for _ in 0..<8 {
      if let table = try openTable(name) { return table }
      try makeTable(name)
    }
    throw .system(SystemError.vanishing(run.path.appending(name)))
  }

  private func openTable(_ name: Path) throws(StoreError) -> InFlightTable? {
    do throws(StoreError) {
      if let table = try openTable(name, in: run) { return table }
    } catch {
      guard error.isLink else { throw error }
    }
    return try openTable(name, in: directory)
  }

  private func openTable(
    _ name: Path, in place: borrowing File
  ) throws(StoreError) -> InFlightTable? {
    let found = try existing { () throws(SystemError) in try File(name, in: place, .readWrite) }
    guard let file = found else { return nil }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else { throw .untrusted(file.path, status) }
    if let table = try system({ () throws(SystemError) in try InFlightTable(file, status, name) }) {
      return table
    }
    let bad = Path("\(name.text).bad-\(Random.number % 1_000_000)")
    notice(.error, "'\(file.path.text)' is no table; moved aside as '\(bad.text)'")
    try system { () throws(SystemError) in try place.rename(name, to: bad) }
    return nil
  }

  private func makeTable(_ name: Path) throws(StoreError) {
    if isLinked(name) { return try makeTable(name, in: directory) }
    do throws(StoreError) { return try makeTable(name, in: run) } catch {
      guard error.isWithoutRoom else { throw error }
    }
    try makeTable(name, in: directory)
    // Should even this fail, the next login finds no room either, and goes the same way.
    try? run.link(name, to: directory.path.appending(name))
  }

  /// Whether another process found no room for the table in `run_home`.
  private func isLinked(_ name: Path) -> Bool {
    (try? run.status(of: name))?.kind == .other
  }

  private func makeTable(_ name: Path, in place: borrowing File) throws(StoreError) {
    let (waiting, hasPredecessor) = (waitingFailures(), hasPredecessor)
    try system { () throws(SystemError) in
      try File.make(name, in: place, size: InFlightTable.length) { (file) throws(SystemError) in
        let table = try InFlightTable(making: file, name)
        table.take(waiting)
        table.hasPredecessor = hasPredecessor
      }
    }
  }

  /// What the journal has, after a boot.
  private func waitingFailures() -> [InFlight] {
    do throws(StoreError) {
      return try Journal.open(in: self, .read)?.failures() ?? []
    } catch {
      notice(.error, "failures of before the boot are lost: \(error.message)")
      return []
    }
  }

  /// Whether logins that begin now use `table`: an administrator may have removed it, or have
  /// mounted another file system there, or have shortened it.
  @inline(never)
  func uses(_ table: InFlightTable) -> Bool {
    guard table.isWhole else { return false }
    guard let status = try? run.status(of: table.name) else { return isInDirectory(table) }
    return status.identity == table.identity || status.kind == .other && isInDirectory(table)
  }

  private func isInDirectory(_ table: InFlightTable) -> Bool {
    (try? directory.status(of: table.name))?.identity == table.identity
  }
}

extension InFlightTable {
  /// Fills a new table with what the journal has: each in the slot that it has there.
  fileprivate func take(_ failures: [InFlight]) {
    for failure in failures {
      write(failure, failure.slot)
      memory.raise(to: UInt64(failure.slot + 1), at: Header.high)
      let number = memory.add(1, at: Header.next)
      let control = SlotControl(number: number, process: 0, failure.state)
      _ = replace(self.control(failure.slot), by: control, failure.slot)
    }
    if !failures.isEmpty { isCheckpointWanted = true }
  }
}
