internal import BlockList
internal import Policy
internal import Upkeep

/// All that is known of one kind of subject, or of all, in the order of their keys.
struct Listing {
  private let blockList: BlockList
  private let kind: Kind?

  init(_ blockList: BlockList, _ kind: Kind?) {
    (self.blockList, self.kind) = (blockList, kind)
  }

  /// Calls `body` with some of them at a time, without the lock, until it was called with all.
  ///
  /// They may change meanwhile; a subject that is there from the beginning to the end is there once.
  ///
  /// - Parameter count: how many at a time; as many are read under one lock, so no more than 1000.
  func forEachChunk(
    of count: Int,
    _ body: ([(subject: Subject, record: SubjectRecord)]) throws -> Void
  ) throws {
    // What logins have left in the journal is on record too.
    blockList.fileWaiting(at: .now)
    blockList.runCommands()
    var key = kind.map { SubjectKey.start(of: $0.first) }
    while true {
      let read = try blockList.subjects(after: key, count: count)
      guard let last = read.last else { return }
      key = last.key
      let chunk = read.compactMap { entry in
        entry.key.subject.map { (subject: $0, record: entry.record) }
      }
      let wanted = chunk.filter { kind?.includes($0.subject.kind) ?? true }
      if !wanted.isEmpty { try body(wanted) }
    }
  }
}
