package import BlockList
internal import LMDB
package import Platform
internal import Policy
package import Sharing
internal import Text

/// Writes `fleet.mdb`: what logins read of the fleet.
///
/// It begins with a new file, which takes the place of the old one once it has all: what another
/// process, or another boot, has left there is never mapped. Nothing is synced: the brokers have it.
package final class FleetStore {
  private let directory: Path
  private let mapSize: Int
  private var environment: Environment?
  /// What the file says, in the order of the prefixes: a dictionary would take three times as much.
  private var held: [Row] = []
  private var lengths: Set<[UInt8]> = []
  /// What the system knew of the file when it was written last.
  private var fingerprint: [UInt64] = []

  private struct Row: Equatable {
    let prefix: Sharing.Prefix
    let until: UInt32
    let reporters: UInt16
    let since: UInt32
    let witnesses: [Sharing.Origin]
    let counted: Enforcement.Block.Counted?

    init(_ block: Enforcement.Block) {
      (prefix, until) = (block.prefix, block.until)
      (reporters, since) = (UInt16(clamping: block.reporters), block.since)
      // As it is, it takes no memory of its own.
      witnesses = block.lists.isEmpty ? block.witnesses : block.witnesses + block.lists
      counted = block.counted
    }

    var count: FleetCount? {
      counted.map { counted in
        FleetCount(
          failures: UInt32(clamping: counted.failures),
          machines: UInt16(clamping: counted.machines), rule: Array(counted.rule.utf8))
      }
    }
  }

  private static let draft: Path = "fleet.mdb.new"

  /// - Parameters:
  ///   - directory: `db_home`.
  ///   - most: how many blocks there may be; the file has room for them, and never more.
  package init(in directory: Path, most: Int) {
    self.directory = directory
    // A page that splits is half empty, and a commit writes to free pages: measured, a block takes
    // less than 200 bytes. What is counted has its rule beside it.
    mapSize = (most * 256 + 16 << 20) & ~4095
  }

  /// Removes the file: this machine shares no more.
  static func remove(in directory: Path) {
    guard let directory = try? File(directory, .directory) else { return }
    for name in [FleetFile.name, draft] { try? directory.remove(name) }
  }

  /// Makes the file say what `blocks` are.
  package func hold(_ blocks: [Enforcement.Block]) throws(StoreError) {
    if environment != nil, !isAsItWasLeft { forget() }
    let isNew = environment == nil
    let environment = if let environment { environment } else { try made() }
    let wanted = Self.rows(blocks)
    let (stale, changed) = Self.difference(from: held, to: wanted)
    guard isNew || !stale.isEmpty || !changed.isEmpty else { return }
    do throws(LMDBError) {
      try write(stale, changed, to: environment)
    } catch {
      forget()
      throw .lmdb(error, directory.appending(FleetFile.name))
    }
    held = wanted
    if isNew { try putIntoPlace() }
    self.environment = environment
    fingerprint = status?.fingerprint ?? []
  }

  private static func rows(_ blocks: [Enforcement.Block]) -> [Row] {
    var rows = blocks.map { Row($0) }
    rows.sort { $0.prefix.precedes($1.prefix) }
    return rows
  }

  /// What there is no more, and what is new or says something else; of rows in the order of their
  /// prefixes.
  private static func difference(
    from old: [Row], to new: [Row]
  ) -> (stale: [Sharing.Prefix], changed: [Row]) {
    var (stale, changed): ([Sharing.Prefix], [Row]) = ([], [])
    var rest = old[...]
    for row in new {
      while let first = rest.first, first.prefix.precedes(row.prefix) {
        stale.append(first.prefix)
        rest.removeFirst()
      }
      if rest.first != row { changed.append(row) }
      if rest.first?.prefix == row.prefix { rest.removeFirst() }
    }
    return (stale + rest.map(\.prefix), changed)
  }

  private func write(
    _ stale: [Sharing.Prefix], _ changed: [Row], to environment: Environment
  ) throws(LMDBError) {
    let transaction = try WriteTransaction(environment)
    let reports = try Database<[UInt8], [UInt8]>(creating: FleetFile.database, in: transaction)
    for prefix in stale { try reports.remove(Self.key(prefix), in: transaction) }
    for row in changed {
      lengths.insert([row.prefix.isV6 ? 6 : 4, row.prefix.length])
      let report = FleetReport(
        until: Timestamp(seconds: Int64(row.until)), reporters: row.reporters)
      let value = FleetFile.value(
        report, since: Timestamp(seconds: Int64(row.since)),
        witnesses: row.witnesses.map(\.bytes), counted: row.count)
      try reports.set(value, for: Self.key(row.prefix), in: transaction)
    }
    // The longest prefix first, of each family: most are of one length.
    let order = lengths.sorted { ($0[0], $1[1]) < ($1[0], $0[1]) }
    let head = FleetFile.head(boot: Boot.id, lengths: Array(order.joined()))
    try reports.set(head, for: FleetFile.headKey, in: transaction)
    try transaction.commit()
  }

  private static func key(_ prefix: Sharing.Prefix) -> [UInt8] {
    FleetFile.key(prefix.address.octets, length: prefix.length)
  }

  private func made() throws(StoreError) -> Environment {
    forget()
    let path = directory.appending(Self.draft)
    do throws(SystemError) {
      try File(directory, .directory).remove(Self.draft)
    } catch { throw .system(error) }
    do throws(LMDBError) {
      return try unsafe path.withCString { (path) throws(LMDBError) in
        try unsafe Environment(path, .draft(mapSize: mapSize), databases: 1)
      }
    } catch { throw .lmdb(error, path) }
  }

  private func putIntoPlace() throws(StoreError) {
    do throws(SystemError) {
      try File(directory, .directory).rename(Self.draft, to: FleetFile.name)
    } catch {
      forget()
      throw .system(error)
    }
  }

  private func forget() { (environment, held, lengths) = (nil, [], []) }

  private var status: FileStatus? {
    guard let directory = try? File(directory, .directory) else { return nil }
    return try? directory.status(of: FleetFile.name)
  }

  /// Whether no other program has changed or replaced it: LMDB would trust what it reads there.
  private var isAsItWasLeft: Bool { status.map { $0.fingerprint == fingerprint } ?? false }
}
