internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Compact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the store as small as what is in it.",
    discussion: """
      The store never gets smaller by itself; what has expired leaves room for others in it. This \
      writes it anew and puts that in its place. Logins go on: all is copied in small steps, and only \
      for the last one, which takes over what has changed meanwhile, do they wait, for some tenths of \
      a second with a million hosts. Beside the store there must be room on the disk for another one.

      The new store may grow to what 'max_size' of the configuration says now; that is only looked at \
      when a store is made. If what is stored, and a tenth, is more, nothing is changed and the exit \
      status is 1.
      """)

  @OptionGroup var setup: Setup

  func run() throws {
    let blockList = try setup.blockList()
    do {
      guard let done = try blockList.compact() else {
        return try Output.open { try $0.add("there is no store yet") }
      }
      try Output.open { try $0.add(Self.report(done)) }
    } catch let error as StoreError where error.isFull {
      let size = Bytes(count: Int(blockList.configuration.maxSize)).text
      throw Failure(
        message: "'max_size' (\(size)) is too small for what is stored and a tenth to spare; "
          + "the store is as it was")
    } catch let error as StoreError where error.isTurnTaken {
      throw Failure(message: "another compaction is at work")
    }
  }

  private static func report(_ done: Compaction) -> String {
    let (before, after) = (done.before, done.after)
    var report = "\(Bytes(count: before.disk).text) before, \(Bytes(count: after.disk).text) now"
    if before.map != after.map {
      report += "; it may grow to \(Bytes(count: after.map).text), before that was "
      report += Bytes(count: before.map).text
    }
    return report + "; logins waited for at most \(done.pause) ms"
  }
}

extension StoreError {
  /// The lock that keeps compactions apart was not to be had.
  fileprivate var isTurnTaken: Bool {
    guard case .system(let error) = self, error.isTimeout else { return false }
    return error.path.bytes.suffix(8).elementsEqual("/compact".utf8)
  }
}
