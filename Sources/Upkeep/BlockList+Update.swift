public import BlockList
internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Notices every block that has ended by time alone, and those that a changed configuration ends
  /// or begins, so that their commands are run.
  public func update(at now: Timestamp) throws(StoreError) {
    isUpdating = true
    fileWaiting(at: now)
    try expireDecrees(at: now)
    try respellDecrees(at: now)
    let book = try decrees(at: now)
    var last: SubjectKey?
    while true {
      let chunk = try subjects(after: last, count: 500)
      guard let end = chunk.last else { return try noteAllBlocked(at: now) }
      last = end.key
      let rows = try rows(of: chunk.map { $0.key })
      var changed: [SubjectKey] = []
      for (index, (key, record)) in chunk.enumerated() {
        guard let subject = key.subject else { continue }
        let isFreed = book.decree(for: subject, at: now)?.kind == .allow
        let block = isFreed ? nil : block(of: subject, record, at: now)
        let isAsWritten = block == nil ? rows[index] == nil : rows[index]?.until == block?.until
        let isCounted = block?.number == 0 || block?.number == record.series.count
        if record.isBlocked != (block != nil) || !isAsWritten || !isCounted { changed.append(key) }
      }
      try noteBlocks(of: changed, at: now)
      try absorb(chunk.compactMap { $0.key.host }, at: now)
      try respell(chunk.map { $0.key }, at: now)
    }
  }

  /// Writes down whether `keys` are blocked now; and since when attempts lie in the future.
  func noteBlocks(of keys: [SubjectKey], at now: Timestamp) throws(StoreError) {
    guard !keys.isEmpty else { return }
    try locked(.exclusive) { (store) throws(StoreError) in
      try self.noteBlocks(of: keys, at: now, in: store)
    }
  }

  /// Has the prefixes of `hosts` take over the records of the single addresses, in one commit.
  func absorb(_ hosts: [Host], at now: Timestamp) throws(StoreError) {
    var keys: [SubjectKey] = []
    for host in hosts where isSuperseded(host) {
      let key = SubjectKey(configuration.subjects(of: host)[0])
      if !keys.contains(key) { keys.append(key) }
    }
    try noteBlocks(of: keys, at: now)
  }
}
