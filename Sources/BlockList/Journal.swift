package import Platform
internal import Policy
internal import Text

/// Failures that are on the disk, but not in the store yet: the file `failures` in `db_home`.
///
/// A failure costs its login one write of 1024 bytes here and one sync, without a lock, however
/// slow the disk is: each slot of the table has its slot here, so no two processes write to one.
/// The table, on its tmpfs, says which slots count; after a boot it is made anew from those that
/// are whole.
///
/// A slot: the attempt as it stands in the table, and in its last 8 bytes a checksum (FNV-1a) of
/// the rest, for a power cut may leave half of it.
package struct Journal: ~Copyable {
  static var name: Path { "failures" }
  private static let length = InFlightTable.slots * InFlight.slotLength

  private let file: File

  private init(file: consuming File) { self.file = file }

  /// Opens it; nil if there is none.
  package static func open(
    in home: borrowing Home, _ access: File.Access = .readWrite
  ) throws(StoreError) -> Journal? {
    let found = try existing { () throws(SystemError) in
      try File(name, in: home.directory, access)
    }
    guard let file = found else { return nil }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else { throw .untrusted(file.path, status) }
    return Journal(file: file)
  }

  /// Opens it, and makes it if there is none: as long as it will ever be, so that to write to a
  /// slot is one sync then, and never too much for the disk.
  static func openOrMake(in home: borrowing Home) throws(StoreError) -> Journal {
    if let journal = try open(in: home) { return journal }
    try system { () throws(SystemError) in
      try File.make(name, in: home.directory, size: length) { (file) throws(SystemError) in
        try file.synchronize()
      }
      try home.directory.synchronize()
    }
    guard let journal = try open(in: home) else {
      throw .system(SystemError.vanishing(home.directory.path.appending(name)))
    }
    return journal
  }

  /// Writes a failure down in its slot; it is on the disk when this returns.
  func write(_ failure: InFlight) throws(SystemError) {
    try file.write(Self.sealed(failure.encoded), at: failure.slot * InFlight.slotLength)
    try file.synchronizeData()
  }

  /// Frees the slot of a failure that is in the store.
  func clear(_ slot: Int) throws(SystemError) {
    try file.write([0], at: slot * InFlight.slotLength)
  }

  /// Frees slots; that is on the disk when this returns, and what was freed before, too.
  package func clear(_ slots: [Int]) throws(SystemError) {
    for slot in slots { try clear(slot) }
    try file.synchronizeData()
  }

  /// The failures that are whole. Read in parts: a login may have little memory.
  func failures() throws(StoreError) -> [InFlight] {
    var failures: [InFlight] = []
    let step = 16 * InFlight.slotLength
    for offset in stride(from: 0, to: Self.length, by: step) {
      let part = try system { () throws(SystemError) in try file.read(step, at: offset) }
      failures += Self.failures(in: part, from: offset / InFlight.slotLength)
      if part.count < step { break }
    }
    return failures
  }

  /// Likewise, of one slot behind the other.
  static func failures(in content: [UInt8], from first: Int = 0) -> [InFlight] {
    var failures: [InFlight] = []
    for slot in 0..<content.count / InFlight.slotLength {
      let start = slot * InFlight.slotLength
      guard content[start] != 0 else { continue }
      let bytes = Array(content[start..<start + InFlight.slotLength])
      guard bytes == sealed(Array(bytes.dropLast(8))) else { continue }
      let failure = InFlight(decoding: bytes[...], slot: first + slot, state: .journaled)
      if let failure { failures.append(failure) }
    }
    return failures
  }

  /// A slot with the checksum in its last 8 bytes.
  @inline(never)
  static func sealed(_ content: [UInt8]) -> [UInt8] {
    let room = InFlight.slotLength - 8
    let padded = content + [UInt8](repeating: 0, count: max(room - content.count, 0))
    return padded + Bytes.bigEndian(padded.fnv1a)
  }
}
