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
  private var held: [Sharing.Prefix: Held] = [:]
  private var lengths: Set<[UInt8]> = []
  /// What the system knew of the file when it was written last.
  private var fingerprint: [UInt64] = []

  private struct Held: Equatable {
    var until: UInt32
    var reporters: UInt16
    var since: UInt32
    var witnesses: [Sharing.Origin]
    var counted: Enforcement.Block.Counted?

    init(_ block: Enforcement.Block) {
      (until, reporters) = (block.until, UInt16(clamping: block.reporters))
      (since, counted) = (block.since, block.counted)
      witnesses = block.witnesses + block.lists
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
    let wanted = Dictionary(
      blocks.map { ($0.prefix, Held($0)) }
    ) { first, _ in first }
    let stale = held.keys.filter { wanted[$0] == nil }
    let changed = wanted.filter { held[$0.key] != $0.value }
    guard isNew || !stale.isEmpty || !changed.isEmpty else { return }
    do throws(LMDBError) {
      try write(stale, changed, to: environment)
    } catch {
      forget()
      throw .lmdb(error, directory.appending(FleetFile.name))
    }
    for prefix in stale { held[prefix] = nil }
    for (prefix, value) in changed { held[prefix] = value }
    if isNew { try putIntoPlace() }
    self.environment = environment
    fingerprint = status?.fingerprint ?? []
  }

  private func write(
    _ stale: [Sharing.Prefix], _ changed: [Sharing.Prefix: Held], to environment: Environment
  ) throws(LMDBError) {
    let transaction = try WriteTransaction(environment)
    let reports = try Database<[UInt8], [UInt8]>(creating: FleetFile.database, in: transaction)
    for prefix in stale { try reports.remove(Self.key(prefix), in: transaction) }
    for (prefix, value) in changed {
      lengths.insert([prefix.isV6 ? 6 : 4, prefix.length])
      let report = FleetReport(
        until: Timestamp(seconds: Int64(value.until)), reporters: value.reporters)
      let row = FleetFile.value(
        report, since: Timestamp(seconds: Int64(value.since)),
        witnesses: value.witnesses.map(\.bytes), counted: value.count)
      try reports.set(row, for: Self.key(prefix), in: transaction)
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

  private func forget() { (environment, held, lengths) = (nil, [:], []) }

  private var status: FileStatus? {
    guard let directory = try? File(directory, .directory) else { return nil }
    return try? directory.status(of: FleetFile.name)
  }

  /// Whether no other program has changed or replaced it: LMDB would trust what it reads there.
  private var isAsItWasLeft: Bool { status.map { $0.fingerprint == fingerprint } ?? false }
}
