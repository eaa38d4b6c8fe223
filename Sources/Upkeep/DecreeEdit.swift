internal import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// Changes of decrees within one transaction, of which each becomes an event.
struct DecreeEdit {
  private let schema: Schema
  private let decrees: Database<[UInt8], [UInt8]>
  private var usage: DecreeUsage
  /// What commands are run for.
  private(set) var changes: [Change] = []

  init(_ schema: Schema, _ transaction: borrowing WriteTransaction) throws(LMDBError) {
    guard let decrees = schema.decrees else { throw .foreign }
    (self.schema, self.decrees) = (schema, decrees)
    usage = DecreeUsage(
      try schema.meta.value(for: Schema.decreeUsageKey, in: transaction) ?? [])
  }

  /// Makes what `order` says; false if a decree of its kind and target stood already. One that is
  /// imported changes none that was made later.
  mutating func make(
    _ order: DecreeOrder, _ cause: Event.Cause, at now: Timestamp,
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Bool {
    let known = try decree(order.target.decreeKey(order.kind), transaction)
    let held = known.flatMap { $0.isOver(at: now) ? nil : $0 }
    if cause == .transfer, let held, held.made >= order.made { return false }
    var order = order
    if let held { (order.hits, order.lastHit) = (held.hits, held.lastHit) }
    let decree = Decree(order, number: held?.number ?? Bytes.bigEndian(Random.number))
    if known == nil { usage.add(decree.key) }
    try decrees.set(decree.value, for: decree.key, in: transaction)
    let kind: Event.Kind = order.kind == .allow ? .allowed : held == nil ? .began : .extended
    try schema.note(decree, kind, cause, at: now, transaction)
    if held == nil { try noteCommand(of: decree, .began, cause, at: now, transaction) }
    return held == nil
  }

  /// Removes what stands there, and says what it was.
  mutating func remove(
    _ key: [UInt8], _ cause: Event.Cause, at now: Timestamp,
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Decree? {
    guard let decree = try decree(key, transaction) else { return nil }
    try decrees.remove(key, in: transaction)
    usage.remove(key)
    let kind: Event.Kind = decree.kind == .allow ? .disallowed : .ended
    try schema.note(decree, kind, cause, at: now, transaction)
    try noteCommand(of: decree, .ended, cause, at: now, transaction)
    return decree
  }

  /// Adds hits to the decrees that they are of.
  func count(_ hits: [[UInt8]], _ transaction: borrowing WriteTransaction) throws(LMDBError) {
    guard !hits.isEmpty else { return }
    var last: [UInt8]?
    while true {
      let entries = try decrees.entries(after: last, count: 1000, in: transaction)
      guard let end = entries.lastKey else { return }
      last = end
      for index in 0..<entries.count {
        guard let decree = Decree(Array(entries.key(index)), Array(entries.value(index))) else {
          continue
        }
        let counted = decree.counting(hits)
        if counted != decree { try decrees.set(counted.value, for: counted.key, in: transaction) }
      }
    }
  }

  /// - Throws: an error that `isFull` if too little room is left for what logins write.
  func finish(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    try schema.meta.set(usage.encoded, for: Schema.decreeUsageKey, in: transaction)
    guard try !schema.isNearlyFull(transaction) else { throw .full }
  }

  func isSteady(
    at now: Timestamp, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Bool {
    try schema.isSteady(at: now, transaction)
  }

  private func decree(
    _ key: [UInt8], _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> Decree? {
    guard let value = try decrees.value(for: key, in: transaction) else { return nil }
    guard let decree = Decree(key, value) else {
      throw value.first == Decree.layout ? .damaged : .foreign
    }
    return decree
  }

  /// A block by hand of a host or a user is one to the administrator's commands, unless it is
  /// blocked by evidence already, or still. A network isn't: a command is told of an address.
  private mutating func noteCommand(
    of decree: Decree, _ kind: Event.Kind, _ cause: Event.Cause, at now: Timestamp,
    _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) {
    guard decree.kind == .block, let subject = decree.target.subject else { return }
    let record = try schema.subjects.value(for: SubjectKey(subject), in: transaction)
    guard record?.isBlocked != true else { return }
    changes.append(Change(subject, kind, cause, kind == .began ? decree.block : nil))
  }
}
