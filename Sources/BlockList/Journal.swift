internal import Platform
internal import Policy

/// Failures that are on the disk, but not in the store yet: the file `journal` in `db_home`.
///
/// A failure costs its login one write of 1024 bytes here and one sync, without the lock. Each
/// attempt in flight has the slot here that it has in the table, so no two write to one; whoever
/// has each sixteenth slot takes all failures into the store. The table, on its tmpfs, says which
/// slots count; after a boot it is made anew from those that are whole.
///
/// A slot: the attempt as it stands in the table, and in its last 8 bytes a checksum (FNV-1a) of
/// the rest, for a power cut may leave half of it.
struct Journal: ~Copyable {
  private static var name: Path { "journal" }
  private static let slots = 128
  /// In bytes; no larger, and every failure waiting is read with one call.
  private static let length = (slots + 1) * InFlight.slotLength

  private let file: File

  /// Whether a failure in this slot may stand here for a while.
  static func keeps(_ slot: Int) -> Bool { slot % 16 != 0 && slot <= slots }

  private init(file: consuming File) { self.file = file }

  /// Opens the one in the directory `home`; nil if there is none, or none that was ever used.
  static func open(
    in home: Path, _ access: File.Access = .readWrite
  ) throws(StoreError) -> Journal? {
    let path = home.appending(name)
    let found = try existing { () throws(SystemError) in try File(path, access) }
    guard let file = found else { return nil }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else { throw .untrusted(file.path, status) }
    return status.size < length ? nil : Journal(file: file)
  }

  /// Makes an empty one, as long as it will ever be, so that to write to a slot is one sync then;
  /// unless there is one. What a process that was killed has left too short is made whole.
  static func make(in store: borrowing Store) throws(StoreError) {
    let file = try system { () throws(SystemError) in
      try File(name, in: store.directory, .readWrite, creating: true)
    }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else { throw .untrusted(file.path, status) }
    guard status.size < length else { return }
    try system { () throws(SystemError) in
      try store.directory.synchronize()
      try file.write([UInt8](repeating: 0, count: length), at: 0)
      try file.synchronize()
    }
  }

  /// Writes a failure down; it is on the disk when this returns.
  func write(_ failure: InFlight) throws(SystemError) {
    try file.write(Self.sealed(failure.encoded), at: failure.slot * InFlight.slotLength)
    try synchronize()
  }

  /// Frees the slot of a failure that is in the store.
  func clear(_ slot: Int) throws(SystemError) {
    if slot <= Self.slots { try file.write([0], at: slot * InFlight.slotLength) }
  }

  /// Frees all slots but those that are somebody's; that is on the disk when this returns.
  func clear(allBut taken: [Int]) throws(SystemError) {
    for slot in 1...Self.slots where !taken.contains(slot) { try clear(slot) }
    try synchronize()
  }

  private func synchronize() throws(SystemError) { try file.synchronizeData() }

  /// The slots up to the last one that is whole, as they would stand in a table; others are free.
  func content() throws(SystemError) -> [UInt8] {
    var content = try file.read(Self.length)
    var last = 0
    for slot in 0..<content.count / InFlight.slotLength {
      let start = slot * InFlight.slotLength
      let bytes = Array(content[start..<start + InFlight.slotLength])
      if bytes != Self.sealed(bytes) { content[start] = 0 }
      if content[start] != 0 { last = slot }
    }
    return Array(content.prefix((last + 1) * InFlight.slotLength))
  }

  /// A slot with the checksum in its last 8 bytes.
  @inline(never)
  private static func sealed(_ slot: [UInt8]) -> [UInt8] {
    let content = Array(slot.prefix(InFlight.slotLength - 8))
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in content { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return content + Bytes.bigEndian(sum)
  }
}
