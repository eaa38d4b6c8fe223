internal import Platform
internal import Policy

/// Failures of processes that can't map the table, because a limit of theirs or a policy of the
/// system forbids it: the file `late` in `db_home`, to which each is appended, with one sync and
/// without a lock. Each look reads it, where there is one.
///
/// A checkpoint gives it another name first, and removes that once all is in the store.
extension Home {
  private static var late: Path { "late" }
  private static var taken: Path { "late.taken" }
  /// No longer: it is for what should not happen, and happens at the rate of logins.
  private static let longest = InFlightTable.slots * InFlight.slotLength

  /// Appends a failure; it is on the disk when this returns.
  func append(late failure: InFlight) throws(StoreError) {
    try system { () throws(SystemError) in
      for _ in 0..<8 {
        let file = try File(Self.late, in: directory, .readWrite, creating: true)
        let status = try file.status
        guard status.size < Self.longest else { throw SystemError.full(file.path) }
        try file.append(Journal.sealed(failure.encoded))
        try file.synchronize()
        try directory.synchronize()
        // Else it has been taken into the store already, and may have been read before this was
        // written. By its number it is known there.
        if (try? directory.status(of: Self.late))?.identity == status.identity { return }
      }
      throw SystemError.overtaken(directory.path.appending(Self.late))
    }
  }

  /// All of these. In this order, for a checkpoint takes them the other way.
  package func lateFailures() throws(StoreError) -> [InFlight] {
    try failures(in: Self.late) + failures(in: Self.taken)
  }

  private func failures(in name: Path) throws(StoreError) -> [InFlight] {
    let found = try existing { () throws(SystemError) in try File(name, in: directory, .read) }
    guard let file = found else { return [] }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile || status.links == 0 else {
      throw .untrusted(file.path, status)
    }
    return Journal.failures(
      in: try system { () throws(SystemError) in try file.read(min(status.size, Self.longest)) })
  }

  /// Takes what is there by now out of the way of those that append, and says what it is; with the
  /// lock.
  func takeLateFailures() throws(StoreError) -> [InFlight] {
    if (try? directory.status(of: Self.taken)) == nil {
      // Asked first: where nothing may be written, to rename what isn't there is another error.
      guard (try? directory.status(of: Self.late)) != nil else { return [] }
      try system { () throws(SystemError) in try directory.rename(Self.late, to: Self.taken) }
    }
    return try failures(in: Self.taken)
  }

  /// What was taken is in the store.
  func removeLateFailures() throws(StoreError) {
    try system { () throws(SystemError) in try directory.remove(Self.taken) }
  }
}
