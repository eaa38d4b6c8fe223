internal import Platform
internal import Policy
internal import Text

/// The attempts in flight: a file of fixed slots in `run_home`, a tmpfs, under the lock of the
/// store.
///
/// A slot of 1024 bytes never crosses a page and is written by one call, so a process that is
/// killed leaves an old slot or a new one. Nothing here outlives a boot, and nothing has to: the
/// processes don't either. The first slot holds the magic word and a number that changes with the
/// table.
struct InFlightTable: ~Copyable {
  private let file: File
  /// In the order of their slots.
  private var entries: [Entry] = []
  /// Another number after each change.
  private(set) var change: UInt64 = 0

  private struct Entry {
    let slot: Int
    let value: InFlight
  }

  /// In whatever state they are.
  var all: [InFlight] { entries.map { $0.value } }

  private static var name: Path { "attempts" }
  private static var magic: [UInt8] { Text("abl in flight 1\n").bytes }
  private static var changeOffset: Int { 16 }

  /// Opens the table, which is made if there is none, and reads it.
  static func load(in store: borrowing Store) throws(StoreError) -> InFlightTable {
    let file = try system { () throws(SystemError) in
      try File(Self.name, in: store.run, .readWrite, creating: true)
    }
    var table = InFlightTable(file: file)
    let content = try system { () throws(SystemError) in
      try table.file.read(table.file.status.size)
    }
    if content.starts(with: magic) {
      table.read(content)
    } else {
      try table.begin()
    }
    return table
  }

  private init(file: consuming File) { self.file = file }

  private mutating func read(_ content: [UInt8]) {
    var reader = Bytes.Reader(content.dropFirst(Self.changeOffset))
    change = reader.integer(8) ?? 0
    for slot in 1..<max(content.count / InFlight.slotLength, 1) {
      let start = slot * InFlight.slotLength
      guard content[start] != 0,
        let value = InFlight(decoding: content[start..<start + InFlight.slotLength])
      else { continue }
      entries.append(Entry(slot: slot, value: value))
    }
  }

  /// Writes the first slot; what was there, if anything, was no table.
  private func begin() throws(StoreError) {
    let rest = [UInt8](repeating: 0, count: InFlight.slotLength - Self.magic.count)
    try system { () throws(SystemError) in
      try file.truncate()
      try file.write(Self.magic + rest, at: 0)
    }
  }
}

extension InFlightTable {
  /// Writes `value` down, in a free slot, and says which.
  mutating func add(_ value: InFlight) throws(StoreError) -> Int {
    // They stand in the order of their slots, so the first that isn't where it would be shows a
    // gap.
    let gap = entries.indices.first { entries[$0].slot != $0 + 1 } ?? entries.count
    let slot = gap + 1
    try write(value.encoded, at: slot * InFlight.slotLength)
    entries.insert(Entry(slot: slot, value: value), at: gap)
    return slot
  }

  /// Frees the slot of attempt `id`; it may be gone.
  mutating func remove(_ id: UInt64) throws(StoreError) {
    guard let index = entries.firstIndex(where: { $0.value.id == id }) else { return }
    try write([0], at: entries[index].slot * InFlight.slotLength)
    entries.remove(at: index)
  }

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
    let path = Path(configuration.runHome.bytes).appending(name)
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
    let start = reservation.slot * InFlight.slotLength
    let head = reservation.entry.head
    let entry = reservation.entry.becoming(state ?? .judging, at: now)
    let table = InFlightTable(file: try reopen(configuration))
    // Stopped between the two calls, and continued later, it would write into another's slot.
    let shelter = Shelter()
    defer { withExtendedLifetime(shelter) {} }
    let known = try system { () throws(SystemError) in
      try table.file.read(head.count, at: start)
    }
    guard known == head else { return nil }
    try table.write(state == nil ? [0] : entry.head, at: start)
    return Reservation(slot: reservation.slot, entry: entry)
  }
}
