package import LMDB
internal import Platform
public import Policy

/// Where users are known: at the networks from which they have logged in.
///
/// A user that is known at a network is judged there by the failures from that network only, so
/// strangers elsewhere can't lock the account for its user. What is known is one field of the
/// record of the user at that network; it is written at most once a day, never with a sync of its
/// own: it waits in the table until the next checkpoint takes it along.
extension BlockList {
  /// So many networks of a user are remembered at most; then the one goes that is longest ago.
  private static var mostHomes: Int { 16 }

  /// Remembers that the user of `attempt` was let in from where it came.
  public func remember(_ attempt: Attempt, at now: Timestamp) throws(StoreError) {
    let attempt = configuration.counted(attempt)
    guard let user = attempt.user, !user.bytes.isEmpty,
      let home = configuration.home(of: user, at: attempt.host),
      counted(attempt).contains(home)
    else { return }
    try sheltered { (place, table) throws(StoreError) in
      let hash = table.hash(home)
      // One of a day before waits for the store still, where nothing has failed since.
      let isWritten = table.views(concerning: [hash]).contains {
        $0.state == .succeeded && now.interval(since: $0.time).magnitude < Self.day.magnitude
      }
      guard !isWritten else { return }
      let known = try records(of: [home], nil, place)[0].record?.lastLogin
      if let known, now.interval(since: known).magnitude < Self.day.magnitude { return }
      let entry = InFlight(
        slot: 0, id: Random.number, time: now, owner: InFlightTable.owner(borrower: borrower),
        state: .claimed, attempt: attempt, subjects: [home])
      // A full table has more urgent things to keep.
      if let claim = table.claim(entry) { _ = claim.become(.succeeded) }
    }
  }

  /// Writes down a login that was right.
  package func noteLogin(
    _ time: Timestamp, of subject: Subject,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    guard case .home(let user, let network) = subject else { return }
    let key = SubjectKey(subject)
    var record: SubjectRecord
    if let known = try schema.subjects.value(for: key, in: transaction) {
      record = known
    } else {
      record = SubjectRecord(due: time.adding(Int64(configuration.userKnown) + 1))
      try schema.expiry.set([], for: ExpiryKey(of: record, key), in: transaction)
      try forgetOldestHome(of: user, but: network, transaction, schema, &changes)
    }
    record.lastLogin = max(record.lastLogin ?? time, time)
    try schema.subjects.set(record, for: key, in: transaction)
  }

  private func forgetOldestHome(
    of user: Name, but network: Network,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    var oldest: (key: SubjectKey, record: SubjectRecord)?
    let homes = try schema.homes(of: user, transaction)
    guard homes.count >= Self.mostHomes else { return }
    for home in homes {
      let isOlder =
        (home.record.lastLogin?.seconds ?? 0) < (oldest?.record.lastLogin?.seconds ?? .max)
      if isOlder { oldest = home }
    }
    guard let oldest, let subject = oldest.key.subject else { return }
    if oldest.record.isBlocked { changes.append(Change(subject, .ended, .room)) }
    try schema.subjects.remove(oldest.key, in: transaction)
    try schema.expiry.remove(ExpiryKey(of: oldest.record, oldest.key), in: transaction)
  }

  /// How long the record of `subject` is kept after its last attempt, or the last login.
  package func isWanted(_ record: SubjectRecord, _ subject: Subject, at now: Timestamp) -> Bool {
    configuration.isKnown(record, at: now) || isRemembered(record, subject, at: now)
      || !record.hasExpired(period: period(for: subject), at: now)
  }
}

extension Schema {
  /// The records of a user at home. One of a newer version is left out.
  package func homes(
    of user: Name, _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> [(key: SubjectKey, record: SubjectRecord)] {
    let front = SubjectKey.homes(of: user)
    guard let first = SubjectKey(decoding: front) else { return [] }
    let cursor = try Cursor(subjects, in: transaction)
    var homes: [(key: SubjectKey, record: SubjectRecord)] = []
    var entry = try cursor.first(from: first)
    while let (key, record) = entry, key.bytes.starts(with: front) {
      homes.append((key, record))
      entry = try cursor.next()
    }
    return homes
  }
}

extension Configuration {
  /// Whether a user whose record at home this is, is known there.
  package func isKnown(_ record: SubjectRecord?, at now: Timestamp) -> Bool {
    guard let last = record?.lastLogin else { return false }
    return now.interval(since: last) <= Int64(userKnown)
  }
}
