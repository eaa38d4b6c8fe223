public import BlockList
internal import LMDB
internal import Platform
internal import Policy

extension BlockList {
  /// What the store keeps of the subjects behind `key`, hosts before users.
  ///
  /// - Parameters:
  ///   - key: of the last subject of the look before; nil begins.
  ///   - count: at most so many; the lock is held while they are copied, so no more than 1000.
  /// - Returns: them, how many are left out that are no subjects to this version, and the key to go
  ///   on from; nil at the end.
  public func storedSubjects(
    after key: SubjectKey?, count: Int
  ) throws(StoreError) -> (subjects: [StoredSubject], unknown: Int, last: SubjectKey?) {
    let chunk = try chunk(after: key, count: count)
    var (subjects, unknown): ([StoredSubject], Int) = ([], 0)
    subjects.reserveCapacity(chunk.count)
    for index in 0..<chunk.count {
      let (key, record) = try chunk.entry(index)
      if let subject = key.subject, SubjectKey(subject) == key {
        subjects.append(StoredSubject(subject, record))
      } else {
        unknown += 1
      }
    }
    return (subjects, unknown, chunk.last)
  }

  /// What the store remembers of the clock; nil if there is no store, or it remembers nothing.
  public func clockMemory() throws(StoreError) -> ClockMemory? {
    var memory: ClockMemory?
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        memory = try schema.clock(transaction)
      }
    }
    return memory
  }
}
