internal import LMDB
internal import Platform
internal import Policy

extension Store {
  /// What "subjects" has for `keys`, nil for those that it hasn't: without LMDB, in a few reads.
  func values(for keys: [[UInt8]]) throws(StoreError) -> [[UInt8]?] {
    do throws(StoreError) {
      if let file = try existingFile() { return try values(for: keys, in: file) }
    } catch {
      try moveAside(ifDamaged: error)
    }
    return keys.map { _ in nil }
  }

  private func values(
    for keys: [[UInt8]], in file: borrowing File
  ) throws(StoreError) -> [[UInt8]?] {
    let size = try examine(file).size
    do throws(Preflight.Finding) {
      return try Schema.values(for: keys, size: size) { (try? file.read($0, at: $1)) ?? [] }
    } catch {
      throw unusable(file.path, error)
    }
  }

  /// What the store knows of a subject, in the form that it has there.
  func record(in value: [UInt8]?) throws(StoreError) -> SubjectRecord? {
    guard let value else { return nil }
    if let record = SubjectRecord(decoding: value) { return record }
    let isNewer = SubjectRecord.isNewer(value)
    let path = directory.path.appending(Self.file)
    try moveAside(ifDamaged: unusable(path, isNewer ? .foreign : .badRecord))
    return nil
  }

  /// A file of another program may be sound, but it isn't ours to move.
  func unusable(_ path: Path, _ finding: Preflight.Finding) -> StoreError {
    finding == .foreign ? .lmdb(.foreign, path) : .unusable(path, finding)
  }

  /// Goes on without a store whose file is damaged, if the lock is ours alone.
  private func moveAside(ifDamaged error: StoreError) throws(StoreError) {
    guard error.isDamage, mode == .exclusive else { throw error }
    try moveAside(error)
  }
}
