internal import Platform
internal import Policy
internal import Text

/// The attempts in flight: a file of fixed slots in `run_home`, a tmpfs, under the lock of the
/// store.
///
/// A slot of 1024 bytes never crosses a page and is written by one call, so a process that is
/// killed leaves an old slot or a new one. Nothing here outlives a boot, and nothing has to: the
/// processes don't either, and a failure that was acknowledged stands in the journal. The first
/// slot holds the magic word, in which boot it began, and a number that changes with the table: a
/// `run_home` on a disk, as containers have it, may be older than the journal after a power cut.
struct InFlightTable: ~Copyable {
  private let file: File
  /// In whatever state they are, in the order of their slots.
  private(set) var all: [InFlight] = []
  /// Another number after each change.
  private(set) var change: UInt64 = 0

  static var name: Path { "attempts" }
  private static var magic: [UInt8] { Text("abl in flight 1\n").bytes + Boot.id }
  private static var changeOffset: Int { 56 }

  /// Opens the table, which is made if there is none, and reads it.
  static func load(in store: borrowing Store) throws(StoreError) -> InFlightTable {
    let file = try system { () throws(SystemError) in
      try File(name.tagged(store.directory), in: store.run, .readWrite, creating: true)
    }
    var table = InFlightTable(file: file)
    let content = try system { () throws(SystemError) in
      try table.file.read(table.file.status.size)
    }
    let magic = Self.magic
    table.read(content.starts(with: magic) ? content : try table.begin(magic, store))
    return table
  }

  private init(file: consuming File) { self.file = file }

  private mutating func read(_ content: [UInt8]) {
    var reader = Bytes.Reader(content.dropFirst(Self.changeOffset))
    change = reader.integer(8) ?? 0
    for slot in 1..<max(content.count / InFlight.slotLength, 1) {
      let start = slot * InFlight.slotLength
      guard content[start] != 0,
        let value = InFlight(decoding: content[start..<start + InFlight.slotLength], slot: slot)
      else { continue }
      all.append(value)
    }
  }

  /// Begins with what the journal has, and says what stands there then; what was there before, if
  /// anything, was no table, or one of another boot.
  private func begin(_ magic: [UInt8], _ store: borrowing Store) throws(StoreError) -> [UInt8] {
    let content = try Self.journaled(store)
    try system { () throws(SystemError) in
      try file.truncate()
      try file.write(content, at: 0)
      // Not before all else stands there.
      try file.write(magic, at: 0)
    }
    return content
  }

  /// What the journal has, or the first slot of a table only.
  private static func journaled(_ store: borrowing Store) throws(StoreError) -> [UInt8] {
    do throws(StoreError) {
      if let journal = try Journal.open(in: store.directory.path, .read) {
        return try system { () throws(SystemError) in try journal.content() }
      }
    } catch {
      // Whoever calls su could have brought that about: the next one may have it.
      guard !error.isExhaustion else { throw error }
      store.notice("failures of before the boot are lost: \(error.message)")
    }
    return [UInt8](repeating: 0, count: InFlight.slotLength)
  }
}

extension InFlightTable {
  /// The first slot that nothing stands in.
  var freeSlot: Int {
    // They stand in the order of their slots, so the first that isn't where it would be shows a
    // gap.
    var slot = 1
    for value in all where value.slot == slot { slot += 1 }
    return slot
  }

  func contains(_ id: UInt64) -> Bool { all.contains { $0.id == id } }

  /// Writes `value` down in its slot, the first free one; a second needs the table loaded anew.
  mutating func add(_ value: InFlight) throws(StoreError) {
    try write(value.encoded, at: value.slot * InFlight.slotLength)
    all.append(value)
  }

  /// Frees the slot of attempt `id`; it may be gone.
  mutating func remove(_ id: UInt64) throws(StoreError) {
    guard let index = all.firstIndex(where: { $0.id == id }) else { return }
    try write([0], at: all[index].slot * InFlight.slotLength)
    all.remove(at: index)
  }

  /// Whether an open attempt has lapsed: and has not been judged meanwhile, which takes no lock.
  func hasLapsed(_ entry: InFlight, at now: Timestamp) throws(StoreError) -> Bool {
    guard entry.hasLapsed(at: now) else { return false }
    return try isUnchanged(entry)
  }

  /// Whether its slot is as it was when it was read.
  @inline(never)
  private func isUnchanged(_ entry: InFlight) throws(StoreError) -> Bool {
    let head = entry.head
    let known = try system { () throws(SystemError) in
      try file.read(head.count, at: entry.slot * InFlight.slotLength)
    }
    return known == head
  }

  /// The failures that are to be written to the store, oldest first.
  var failures: [InFlight] {
    var failures: [InFlight] = []
    for value in all where value.isToBeFiled {
      failures.append(value)
      var place = failures.count - 1
      while place > 0, failures[place - 1].time > failures[place].time {
        failures.swapAt(place - 1, place)
        place -= 1
      }
    }
    return failures
  }

  /// The oldest of them: as many as a login has time for, should a full disk have kept thousands.
  var oldestFailures: [InFlight] { Array(failures.prefix(256)) }

  private func write(_ bytes: [UInt8], at offset: Int) throws(StoreError) {
    try system { () throws(SystemError) in
      try file.write(bytes, at: offset)
      try file.write(Bytes.bigEndian(UInt64(Clock.nanoseconds.magnitude)), at: Self.changeOffset)
    }
  }
}

/// What can be done without the lock.
extension InFlightTable {
  /// Opens the table again that this login has had open, in a directory that it has looked at.
  private static func reopen(_ configuration: Configuration) throws(StoreError) -> File {
    let home = try system { () throws(SystemError) in
      try File(Path(configuration.databaseHome.bytes), .directory)
    }
    let path = Path(configuration.runHome.bytes).appending(name.tagged(home))
    return try system { () throws(SystemError) in try File(path, .readWrite) }
  }

  /// A number that is another one after the table has changed.
  static func change(_ configuration: Configuration) throws(StoreError) -> UInt64 {
    let file = try reopen(configuration)
    let bytes = try system { () throws(SystemError) in try file.read(8, at: changeOffset) }
    var reader = Bytes.Reader(bytes)
    return reader.integer(8) ?? 0
  }

  /// Notes what has become of an attempt: `state` since `now`, or with nil that its slot is free.
  ///
  /// nil if the slot has become another's, or may be about to.
  static func mark(
    _ reservation: Reservation, as state: InFlight.State?, at now: Timestamp,
    _ configuration: Configuration
  ) throws(StoreError) -> Reservation? {
    // One that is overdue may lapse at this very moment, and its slot be taken.
    guard !reservation.isOld(at: now) else { return nil }
    let entry = reservation.entry.becoming(state ?? .judging, at: now)
    let table = InFlightTable(file: try reopen(configuration))
    // Stopped between the two calls, and continued later, it would write into another's slot.
    let shelter = Shelter()
    defer { withExtendedLifetime(shelter) {} }
    guard try table.isUnchanged(reservation.entry) else { return nil }
    try table.write(state == nil ? [0] : entry.head, at: entry.slot * InFlight.slotLength)
    return Reservation(entry: entry)
  }
}
