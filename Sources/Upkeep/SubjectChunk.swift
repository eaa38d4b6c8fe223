public import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// Some subjects of the store, as they stood in it: taken apart only when they are asked for, so
/// that the lock is held for a copy.
public struct SubjectChunk: Sendable {
  let entries: Entries
  let path: Path

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// The key to go on from; nil if there is nothing in it.
  public var last: SubjectKey? { entries.lastKey.flatMap { SubjectKey(decoding: $0) } }

  /// Nil if a newer version wrote it.
  func known(
    _ index: Int
  ) throws(StoreError) -> (key: SubjectKey, record: SubjectRecord)? {
    do throws(StoreError) { return try entry(index) } catch {
      guard case .lmdb(.foreign, _) = error else { throw error }
      return nil
    }
  }

  /// The key and the record of one of them.
  public func entry(_ index: Int) throws(StoreError) -> (key: SubjectKey, record: SubjectRecord) {
    do throws(LMDBError) {
      return (
        try SubjectKey(stored: Array(entries.key(index))),
        try SubjectRecord(stored: Array(entries.value(index)))
      )
    } catch {
      throw .lmdb(error, path)
    }
  }
}

extension BlockList {
  /// The subjects behind `key`, in the order of their keys: hosts, then users.
  ///
  /// - Parameters:
  ///   - key: of the last subject of the look before; nil begins.
  ///   - count: at most so many, fewer if their histories are long. The lock is held while they are
  ///     copied, so no more than 1000.
  public func chunk(after key: SubjectKey?, count: Int) throws(StoreError) -> SubjectChunk {
    var entries = Entries()
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        entries = try schema.subjects.entries(
          after: key?.encoded, count: count, in: transaction)
      }
    }
    let path = Path(configuration.databaseHome.bytes).appending(Store.file)
    return SubjectChunk(entries: entries, path: path)
  }
}
