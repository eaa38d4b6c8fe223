internal import LMDB
internal import Platform
internal import Policy
internal import Text

/// What a look has found: it holds for as long as the store's head is the same.
final class Found {
  let identity: FileStatus.Identity
  let (head, keys): ([UInt8], [[UInt8]])
  let values: [[UInt8]?]

  init(
    _ values: [[UInt8]?], for keys: [[UInt8]], in identity: FileStatus.Identity, head: [UInt8]
  ) {
    (self.values, self.keys, self.identity, self.head) = (values, keys, identity, head)
  }
}

/// A look at the store without the lock, as each login has one.
extension Home {
  /// What "subjects" has for `keys`, nil for those that it hasn't: without LMDB, in a few reads.
  ///
  /// LMDB never writes to a page that its newest commit, or the one before, uses; so what was read
  /// between two looks at the head that are the same is one commit. Should a writer have been
  /// faster, all is read again.
  ///
  /// - Parameter last: what the last look of this login has found, and then what this one has.
  /// - Throws: an error that `isDamage` only if the file made no sense while it stood still.
  func values(for keys: [[UInt8]], _ last: inout Found?) throws(StoreError) -> [[UInt8]?] {
    let deadline = Deadline(milliseconds: 1000)
    // On a busy machine a second may be over with the first.
    var tries = 100
    repeat {
      tries -= 1
      let found = try existing { () throws(SystemError) in
        try File(Store.file, in: directory, .read)
      }
      guard let file = found else { return keys.map { _ in nil } }
      if let values = try values(for: keys, in: file, &last) { return values }
    } while tries > 0 || !deadline.hasPassed
    throw .system(SystemError.overtaken(directory.path.appending(Store.file)))
  }

  /// Nil if the file has changed meanwhile.
  private func values(
    for keys: [[UInt8]], in file: borrowing File, _ last: inout Found?
  ) throws(StoreError) -> [[UInt8]?]? {
    let status = try system { () throws(SystemError) in try file.status }
    guard status.isTrustworthyFile else {
      // One that has been replaced has no name any more.
      guard status.links == 0 else { throw .untrusted(file.path, status) }
      return nil
    }
    let head = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    if let last, last.identity == status.identity, last.head.isSame(as: head), last.keys == keys,
      isStore(status.identity)
    {
      return last.values
    }
    var failure: SystemError?
    var (values, finding): ([[UInt8]?], Preflight.Finding?) = ([], nil)
    do throws(Preflight.Finding) {
      values = try Schema.values(for: keys, size: status.size) { count, offset in
        offset == 0 ? head : file.read(count, at: offset, orNote: &failure)
      }
    } catch {
      finding = error
    }
    if let failure { throw .system(failure) }
    let headAfter = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    guard headAfter.isSame(as: head), isStore(status.identity) else { return nil }
    if let finding { throw .unusable(file.path, finding: finding) }
    last = Found(values, for: keys, in: status.identity, head: head)
    return values
  }

  @inline(never)
  private func isStore(_ identity: FileStatus.Identity) -> Bool {
    (try? directory.status(of: Store.file))?.identity == identity
  }

  /// Likewise, as records.
  func records(for keys: [[UInt8]], _ last: inout Found?) throws(StoreError) -> [SubjectRecord?] {
    var records: [SubjectRecord?] = []
    for value in try values(for: keys, &last) { records.append(try record(in: value)) }
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
  func confirmDamage(at keys: [[UInt8]]) throws(StoreError) {
    var last: Found?
    do throws(StoreError) { _ = try home.records(for: keys, &last) } catch {
      guard error.isDamage else { throw error }
      try moveAside(error)
    }
  }
}
