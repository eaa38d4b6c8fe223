package import LMDB
internal import LMDBFile
package import Policy
internal import Text

/// Where decrees are found: under the key of the subject, with the further bits of an address as
/// zeros, its length and the kind behind it. So what means addresses close to each other stands
/// close, and the few lookups of a login read the same pages.
extension Decree {
  /// - Parameters:
  ///   - subject: the key of one.
  ///   - length: of the prefix; 0 of a name.
  static func key(_ subject: [UInt8], _ length: UInt8, _ kind: UInt8) -> [UInt8] {
    var key = subject
    if isAddress(subject) {
      for place in 2..<key.count {
        let kept = Int(length) - 8 * (place - 2)
        if kept < 8 { key[place] &= kept <= 0 ? 0 : ~(UInt8.max >> UInt8(kept)) }
      }
    }
    return key + [length, kind]
  }

  /// What the lengths are of that may mean a subject: addresses of either kind, host names, users.
  static func family(_ subject: [UInt8]) -> UInt8 {
    switch subject.first {
    case SubjectKey.host? where subject.count > 1: subject[1]
    case SubjectKey.user?: SubjectKey.user
    default: 0
    }
  }

  private static func isAddress(_ subject: [UInt8]) -> Bool {
    family(subject) == 4 || family(subject) == 6
  }

  /// The keys under which decrees may stand that mean a subject, those that win first.
  ///
  /// - Parameters:
  ///   - name: see `name(of:_:)`.
  ///   - usage: which there are, in that order: 7 bytes each, see `DecreeUsage`.
  @inline(never)
  package static func keys(for name: [UInt8], by usage: [UInt8]) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    let subject = Array(name.dropLast())
    let family = family(subject)
    for place in stride(from: 0, to: usage.count - usage.count % 7, by: 7)
    where usage[place] == family && usage[place + 1] <= name.last ?? 0 {
      keys.append(key(subject, usage[place + 1], usage[place + 2]))
    }
    return keys
  }

  /// By what decrees that mean `subject` are looked for: a key, and behind it how long a prefix may
  /// be that means all of it. Of an attempt it is the host as it came, whatever that is counted as.
  package static func name(of subject: Subject, _ attempt: Attempt?) -> [UInt8] {
    if subject.kind.isOrigin, let host = attempt?.host { return name(of: .host(host), nil) }
    let key: SubjectKey =
      switch subject {
      case .host(.network(let network)), .network(let network):
        SubjectKey(.host(.address(network.address)))
      case .home(let user, _): SubjectKey(.user(user))
      default: SubjectKey(subject)
      }
    return key.bytes + [longest(of: subject)]
  }

  static func longest(of subject: Subject) -> UInt8 {
    switch subject {
    case .host(.network(let network)), .network(let network): network.prefixLength
    default: 128
    }
  }
}

extension [Decree] {
  /// Whether the one that decided at that moment let all pass that `subject` is, so that nothing
  /// that failed then counts for it.
  func haveFreed(_ subject: Subject, at moment: Timestamp) -> Bool {
    for decree in self where decree.made <= moment && !decree.isOver(at: moment) {
      return decree.kind == .allow && decree.length <= Decree.longest(of: subject)
    }
    return false
  }
}

extension Schema {
  /// Which prefixes and kinds of decrees there are, in `meta`.
  package static var decreeUsageKey: [UInt8] { Text("decrees").bytes }

  /// The decrees that stand for a name, expired ones too, found without LMDB.
  static func decrees(
    for name: [UInt8], by usage: [UInt8], in all: PageLookup, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> [Decree] {
    var decrees: [Decree] = []
    let keys = Decree.keys(for: name, by: usage)
    guard !keys.isEmpty else { return [] }
    let database = try all.database(Text("decrees").bytes, read)
    for key in keys {
      guard let value = try database.value(for: key, read) else { continue }
      guard let decree = Decree(key, value) else {
        throw value.first == Decree.layout ? .badRecord : .foreign
      }
      decrees.append(decree)
    }
    return decrees
  }

  /// The decree that decides of a name; nil if none does.
  ///
  /// - Parameter moment: by which it was made.
  @inline(never)
  package func decree(
    for name: [UInt8], madeBy moment: Timestamp = .never, at now: Timestamp,
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Decree? {
    guard let decrees, let usage = try meta.value(for: Self.decreeUsageKey, in: transaction)
    else { return nil }
    for key in Decree.keys(for: name, by: usage) {
      guard let value = try decrees.value(for: key, in: transaction) else { continue }
      if let decree = Decree(key, value), decree.made <= moment, !decree.isOver(at: now) {
        return decree
      }
    }
    return nil
  }

  /// Whether an attempt that failed at `time` is not to be counted for `subject`: a decree lets it
  /// pass, or let it pass then. It may have waited for longer than the decree has held.
  package func frees(
    _ subject: Subject, of attempt: Attempt, failedAt time: Timestamp, at now: Timestamp,
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Bool {
    if try frees(subject, of: attempt, at: now, transaction) { return true }
    let name = Decree.name(of: subject, attempt)
    return try decree(for: name, madeBy: time, at: time, transaction)?.kind == .allow
  }

  /// Whether an attempt is not to be counted for `subject`, since a decree lets it pass.
  func frees(
    _ subject: Subject, of attempt: Attempt?, at now: Timestamp,
    _ transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Bool {
    try decree(for: Decree.name(of: subject, attempt), at: now, transaction)?.kind == .allow
  }
}
