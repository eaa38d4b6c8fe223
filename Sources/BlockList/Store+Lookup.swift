internal import LMDB
internal import LMDBFile
internal import Platform
internal import Policy
internal import Text

/// What a look has found: it holds for as long as the store's head is the same.
final class Found {
  let identity: FileStatus.Identity
  let (head, keys): ([UInt8], [[UInt8]])
  let values: [StoredValue]

  init(
    _ values: [StoredValue], for keys: [[UInt8]], in identity: FileStatus.Identity, head: [UInt8]
  ) {
    (self.values, self.keys, self.identity, self.head) = (values, keys, identity, head)
  }
}

/// A look at the store without the lock, as each login has one.
extension Home {
  /// What the store has for `keys`, and the decrees on `names`: without LMDB, in a few reads.
  ///
  /// LMDB never writes to a page that its newest commit, or the one before, uses; so what was read
  /// between two looks at the head that are the same is one commit. Should a writer have been
  /// faster, all is read again.
  ///
  /// - Parameter last: what the last look of this login has found, and then what this one has.
  /// - Throws: an error that `isDamage` only if the file made no sense while it stood still.
  func values(
    for keys: [[UInt8]], _ names: [[UInt8]], _ last: inout Found?
  ) throws(StoreError) -> [StoredValue] {
    let deadline = Deadline(milliseconds: 1000)
    // On a busy machine a second may be over with the first.
    var tries = 100
    repeat {
      tries -= 1
      let found = try existing { () throws(SystemError) in
        try File(Store.file, in: directory, .read)
      }
      guard let file = found else { return keys.map { _ in StoredValue(record: nil, decrees: []) } }
      if let values = try values(for: keys, names, in: file, &last) { return values }
    } while tries > 0 || !deadline.hasPassed
    throw .system(SystemError.overtaken(directory.path.appending(Store.file)))
  }

  /// Nil if the file has changed meanwhile.
  private func values(
    for keys: [[UInt8]], _ names: [[UInt8]], in file: borrowing File, _ last: inout Found?
  ) throws(StoreError) -> [StoredValue]? {
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else {
      // One that has been replaced has no name any more.
      guard status.links == 0 else { throw .untrusted(file.path, status) }
      return nil
    }
    let head = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    if let last, last.identity == status.identity, last.head.isSame(as: head),
      last.keys == keys + names,
      isStore(status.identity)
    {
      return last.values
    }
    var failure: SystemError?
    var (values, finding): ([StoredValue], Preflight.Finding?) = ([], nil)
    // The first pages of a tree are on the way to each of its values.
    var seen: [(offset: Int, bytes: [UInt8])] = []
    do throws(Preflight.Finding) {
      values = try Schema.values(for: keys, names, size: status.size) { count, offset in
        if offset == 0 { return head }
        for page in seen where page.offset == offset { return page.bytes }
        let bytes = file.read(count, at: offset, orNote: &failure)
        if seen.count < Self.mostPages { seen.append((offset, bytes)) }
        return bytes
      }
    } catch {
      finding = error
    }
    if let failure { throw .system(failure) }
    let headAfter = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    guard headAfter.isSame(as: head), isStore(status.identity) else { return nil }
    if let finding { throw .unusable(file.path, finding: finding) }
    last = Found(values, for: keys + names, in: status.identity, head: head)
    return values
  }

  /// How many pages of one look are kept until its end.
  private static let mostPages = 64

  @inline(never)
  private func isStore(_ identity: FileStatus.Identity) -> Bool {
    (try? directory.status(of: Store.file))?.identity == identity
  }

  /// Likewise, as records, each with the decrees on its name, those that win first.
  func records(
    for keys: [[UInt8]], _ names: [[UInt8]], _ last: inout Found?
  ) throws(StoreError) -> [(record: SubjectRecord?, decrees: [Decree])] {
    var records: [(record: SubjectRecord?, decrees: [Decree])] = []
    for value in try values(for: keys, names, &last) {
      records.append((try record(in: value.record), value.decrees))
    }
    return records
  }

  /// What the store knows of a subject, in the form that it has there.
  private func record(in value: [UInt8]?) throws(StoreError) -> SubjectRecord? {
    guard let value else { return nil }
    if let record = SubjectRecord(decoding: value) { return record }
    let isNewer = SubjectRecord.isNewer(value)
    let path = directory.path.appending(Store.file)
    throw .unusable(path, finding: isNewer ? .foreign : .badRecord)
  }
}

extension StoreError {
  /// A file of another program may be sound, but it isn't ours to move.
  static func unusable(_ path: Path, finding: Preflight.Finding) -> StoreError {
    finding == .foreign ? .lmdb(.foreign, path) : .unusable(path, finding)
  }
}

extension Store {
  /// Moves the file aside if what is stored for `keys` makes no sense with the lock held, too: what
  /// a look without it has found may have been on its way.
  func confirmDamage(at keys: [[UInt8]], _ names: [[UInt8]]) throws(StoreError) {
    var last: Found?
    do throws(StoreError) { _ = try home.records(for: keys, names, &last) } catch {
      guard error.isDamage else { throw error }
      try moveAside(error)
    }
  }
}
