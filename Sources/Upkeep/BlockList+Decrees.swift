public import BlockList
internal import LMDB
internal import Platform
public import Policy

/// Decrees are made, ended and listed: by ablctl and abld, never by a login.
extension BlockList {
  /// All that hold, each with its hits, also those that are still to be counted.
  public func decrees(at now: Timestamp) throws(StoreError) -> DecreeBook {
    let (all, hits) = try storedDecrees()
    let counted = all.counting(hits)
    return DecreeBook(counted.filter { !$0.isOver(at: now) })
  }

  /// Makes decrees, or changes those of their kind and target that stand; 500 in a commit. What an
  /// allow lets pass is freed at once.
  ///
  /// - Returns: which of them are new.
  /// - Throws: an error that `isFull` if there is no room.
  @discardableResult
  public func decree(
    _ orders: [DecreeOrder], cause: Event.Cause = .hand, at now: Timestamp
  ) throws(StoreError) -> [Bool] {
    var areNew: [Bool] = []
    for start in stride(from: 0, to: orders.count, by: Self.decreesInOneCommit) {
      let some = orders[start...].prefix(Self.decreesInOneCommit)
      var new: [Bool] = []
      try changeDecrees(at: now) { (edit, transaction) throws(LMDBError) in
        new = []
        for order in some { new.append(try edit.make(order, cause, at: now, transaction)) }
      }
      areNew += new
    }
    try rejudge(orders.filter { $0.kind == .allow }.map { $0.target }, cause, at: now)
    return areNew
  }

  /// Takes back what a store has kept, but what has expired since, and what was decreed here later.
  public func restore(_ orders: [DecreeOrder], at now: Timestamp) throws(StoreError) {
    guard !orders.isEmpty else { return }
    let holding = orders.filter { $0.until > now }.map { $0.counted(by: configuration) }
    try decree(holding, cause: .transfer, at: now)
    // No command is run for it.
    _ = takeChanges()
  }

  /// Ends the decrees of a kind that stand on exactly these targets, and says which there were.
  public func end(
    _ kind: Decree.Kind, on targets: [AllowList.Entry], at now: Timestamp
  ) throws(StoreError) -> [AllowList.Entry] {
    var ended: [AllowList.Entry] = []
    let keys = targets.map { $0.decreeKey(kind) }
    guard try hasDecrees() else { return [] }
    try changeDecrees(at: now) { (edit, transaction) throws(LMDBError) in
      ended = []
      for key in keys {
        guard let decree = try edit.remove(key, .hand, at: now, transaction) else { continue }
        if !decree.isOver(at: now) { ended.append(decree.target) }
      }
    }
    if kind == .allow { try rejudge(ended, .hand, at: now) }
    return ended
  }

  /// Removes what has expired, and writes down that it has; counts hits. Nothing while the clock
  /// can't be trusted: it only doesn't hold then.
  public func expireDecrees(at now: Timestamp) throws(StoreError) {
    let (all, hits) = try storedDecrees()
    let over = all.filter { $0.isOver(at: now) }
    guard !over.isEmpty || !hits.isEmpty else { return }
    var removed: [AllowList.Entry] = []
    try changeDecrees(at: now) { (edit, transaction) throws(LMDBError) in
      removed = []
      guard try edit.isSteady(at: now, transaction) else { return }
      for decree in over where try edit.remove(decree.key, .time, at: now, transaction) != nil {
        if decree.kind == .allow { removed.append(decree.target) }
      }
    }
    try rejudge(removed, .time, at: now)
  }

  private static var decreesInOneCommit: Int { 500 }

  /// Calls `body` with what changes decrees, and commits that, with the hits there were by then.
  private func changeDecrees(
    at now: Timestamp,
    _ body: (inout DecreeEdit, borrowing WriteTransaction) throws(LMDBError) -> Void
  ) throws(StoreError) {
    var found: [Change] = []
    try locked(.exclusive) { (store) throws(StoreError) in
      // What has failed by now counts, or doesn't, by the decrees as they were.
      fileWaiting(in: store, at: now)
      let hits = store.home.takeHits()
      try store.write { (transaction, schema) throws(LMDBError) in
        var edit = try DecreeEdit(schema, transaction)
        try edit.count(hits, transaction)
        try body(&edit, transaction)
        try edit.finish(transaction)
        found = edit.changes
      }
      if !hits.isEmpty { store.home.removeHits() }
    }
    changes += found
  }

  private func hasDecrees() throws(StoreError) -> Bool {
    var count = 0
    try locked(.shared) { (store) throws(StoreError) in
      try store.read { (transaction, schema) throws(LMDBError) in
        count = try schema.decrees?.count(in: transaction) ?? 0
      }
    }
    return count > 0
  }

  private func storedDecrees() throws(StoreError) -> (all: [Decree], hits: [[UInt8]]) {
    var (all, hits, last): ([Decree], [[UInt8]], [UInt8]?) = ([], [], nil)
    while true {
      var entries = Entries()
      try locked(.shared) { (store) throws(StoreError) in
        if last == nil { hits = store.home.hits() }
        try store.read { (transaction, schema) throws(LMDBError) in
          guard let decrees = schema.decrees else { return }
          entries = try decrees.entries(after: last, count: 1000, in: transaction)
        }
      }
      guard let end = entries.lastKey else { return (all, hits) }
      last = end
      for index in 0..<entries.count {
        if let decree = Decree(Array(entries.key(index)), Array(entries.value(index))) {
          all.append(decree)
        }
      }
    }
  }
}

extension BlockList {
  /// Writes down which of the subjects that `targets` mean are blocked by evidence now: what an
  /// allow lets pass isn't, and is again once that ends.
  ///
  /// - Parameter cause: why the allow begins or ends.
  private func rejudge(
    _ targets: [AllowList.Entry], _ cause: Event.Cause, at now: Timestamp
  ) throws(StoreError) {
    guard !targets.isEmpty else { return }
    rejudgedBy = cause
    defer { rejudgedBy = .configuration }
    let book = try decrees(at: now)
    for target in targets {
      if let subject = target.subject {
        guard let record = try record(of: subject) else { continue }
        let isChanged = hasChanged(subject, record, book, at: now)
        try noteBlocks(of: isChanged ? [SubjectKey(subject)] : [], at: now)
      } else {
        try rejudge(hostsIn: target, book, at: now)
      }
    }
  }

  /// The hosts of a network stand together.
  private func rejudge(
    hostsIn network: AllowList.Entry, _ book: DecreeBook, at now: Timestamp
  ) throws(StoreError) {
    var last = network.keyBefore
    while true {
      let chunk = try chunk(after: last, count: 500)
      guard let end = chunk.last else { return }
      last = end
      var (keys, isBehind): ([SubjectKey], Bool) = ([], false)
      for index in 0..<chunk.count {
        guard let (key, record) = try chunk.known(index), let subject = key.subject else {
          continue
        }
        isBehind = !network.contains(subject)
        if isBehind { break }
        if hasChanged(subject, record, book, at: now) { keys.append(key) }
      }
      try noteBlocks(of: keys, at: now)
      if isBehind { return }
    }
  }

  private func hasChanged(
    _ subject: Subject, _ record: SubjectRecord, _ book: DecreeBook, at now: Timestamp
  ) -> Bool {
    let isFreed = book.decree(for: subject, at: now)?.kind == .allow
    let isBlocked = !isFreed && block(of: subject, record, at: now) != nil
    return isBlocked != record.isBlocked
  }
}

extension AllowList.Entry {
  /// Of a network: below the keys of all its addresses, and above those before.
  fileprivate var keyBefore: SubjectKey? {
    var key = Array(decreeKey(.allow).dropLast(2))
    // One lower, with nothing between: the last byte less one, and a longer tail than any has.
    guard let last = key.popLast(), last > 0 else { return SubjectKey(decoding: key) }
    return SubjectKey(decoding: key + [last - 1] + [UInt8](repeating: 0xFF, count: 20))
  }
}

extension [Decree] {
  /// With these hits added.
  fileprivate func counting(_ hits: [[UInt8]]) -> [Decree] {
    guard !hits.isEmpty else { return self }
    return map { $0.counting(hits) }
  }
}

extension Decree {
  /// With those of `hits` added that are its own.
  func counting(_ hits: [[UInt8]]) -> Decree {
    var (count, last) = (0, lastHit)
    for hit in hits where hit.starts(with: number) {
      var reader = Bytes.Reader(hit[8...])
      let time = Timestamp(seconds: reader.int64() ?? 0)
      count += 1
      last = Swift.max(last ?? time, time)
    }
    guard count > 0 else { return self }
    var order = order
    let (hits, isBeyond) = order.hits.addingReportingOverflow(count)
    (order.hits, order.lastHit) = (isBeyond ? .max : hits, last)
    return Decree(order, number: number)
  }
}
