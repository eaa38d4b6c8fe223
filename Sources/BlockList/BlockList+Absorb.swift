internal import LMDB
package import Policy

/// Hosts that were counted by their single addresses, before `host_prefix` counted them together:
/// their failures count for the prefix.
extension BlockList {
  /// So many are taken over in one commit at most.
  private static var mostAtOnce: Int { 64 }

  /// Whether a record of `host` is one of these.
  package func isSuperseded(_ host: Host) -> Bool {
    guard case .address = host else { return false }
    return !configuration.subjects(of: host).contains(.host(host))
  }

  /// Adds what is known of the single addresses of a prefix to its record, and removes theirs.
  func absorb(
    into prefix: Subject?, at now: Timestamp,
    _ transaction: borrowing WriteTransaction, _ schema: Schema, _ changes: inout [Change]
  ) throws(LMDBError) {
    guard let prefix, case .host(.network(let network)) = prefix else { return }
    let singles = try schema.singles(of: network, atMost: Self.mostAtOnce, transaction).filter {
      $0.key.host.map(isSuperseded) ?? false
    }
    guard let first = singles.first else { return }
    let key = SubjectKey(prefix)
    let known = try schema.subjects.value(for: key, in: transaction)
    var record = known ?? SubjectRecord(due: first.record.due)
    for (key, single) in singles {
      record = SubjectRecord(record, merging: single)
      if single.isBlocked, let subject = key.subject {
        changes.append(Change(subject, .ended, .configuration))
      }
      try schema.subjects.remove(key, in: transaction)
      try schema.expiry.remove(ExpiryKey(of: single, key), in: transaction)
    }
    try schema.set(record, for: key, transaction)
  }
}

extension SubjectRecord {
  /// The attempts of both, each once, in the order of their times.
  package init(_ one: SubjectRecord, merging other: SubjectRecord) {
    self.init(due: one.due)
    file(under: one.due, asBlocked: one.isFiledAsBlocked)
    isBlocked = one.isBlocked
    note(aheadSince: one.aheadSince ?? other.aheadSince)
    var rest = other.attempts[...]
    for attempt in one.attempts {
      while let first = rest.first, first.time < attempt.time {
        append(first)
        rest.removeFirst()
      }
      append(attempt)
    }
    for attempt in rest where !contains(attempt.id) { append(attempt) }
    series = one.series.begin < other.series.begin ? other.series : one.series
  }
}

extension Schema {
  /// The records of single addresses of `network`.
  fileprivate func singles(
    of network: Network, atMost most: Int, _ transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> [(key: SubjectKey, record: SubjectRecord)] {
    let cursor = try Cursor(subjects, in: transaction)
    var singles: [(key: SubjectKey, record: SubjectRecord)] = []
    var entry = try cursor.first(from: SubjectKey(.host(.address(network.address))))
    while let (key, record) = entry, singles.count < most,
      case .host(.address(let address))? = key.subject, network.contains(address)
    {
      singles.append((key, record))
      entry = try cursor.next()
    }
    return singles
  }
}
