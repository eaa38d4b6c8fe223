internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// Forgives all that are known, or all of one kind.
struct Amnesty {
  private let blockList: BlockList
  private let kind: Kind?
  private let isDry: Bool
  private let hasBackup: Bool

  init(_ blockList: BlockList, _ kind: Kind?, isDry: Bool, hasBackup: Bool) {
    (self.blockList, self.kind) = (blockList, kind)
    (self.isDry, self.hasBackup) = (isDry, hasBackup)
  }

  /// - Parameter isSure: there need be no question.
  func grant(isSure: Bool) throws {
    if isDry || (!isSure && Terminal.isPersonThere) {
      let (known, blocked) = try count()
      let what = Self.what(known, blocked, by: try blocksByHand().count)
      if isDry { return try Output.open { try $0.add("would forget " + what) } }
      guard try Terminal.agrees("Forget \(what)?") else {
        throw Failure(message: "nothing was done")
      }
    }
    let backup = hasBackup ? try backUp() : nil
    let (known, blocked) = try forgive()
    let ended = try blockList.end(.block, on: try blocksByHand(), at: .now)
    blockList.runCommands()
    let what = Self.what(known, blocked, by: ended.count)
    if known > 0 || !ended.isEmpty { Audit.log("forgot \(what)") }
    try Output.open { output in
      try output.add("forgot " + what)
      if let backup { try output.tell("'ablctl import \(backup.shown)' takes them back") }
    }
  }

  private static func what(_ known: Int, _ blocked: Int, by hands: Int) -> String {
    let also = hands > 0 ? ", and \(counted(hands, "block")) by hand" : ""
    return "the attempts of \(counted(known, "subject")), \(blocked) of them blocked" + also
  }

  private func blocksByHand() throws -> [AllowList.Entry] {
    try blockList.decrees(at: .now).all
      .filter { $0.kind == .block && $0.target.isOf(kind) }.map { $0.target }
  }

  private func count() throws -> (known: Int, blocked: Int) {
    let judge = Judge(blockList.configuration, nil, try blockList.decrees(at: .now), .now)
    var (known, blocked) = (0, 0)
    try SummaryListing(blockList, kind, .now).forEachSubject { subject in
      known += 1
      if judge.standing(of: subject).block != nil { blocked += 1 }
    }
    return (known, blocked)
  }

  /// Beside the store, and only where there is something to lose.
  ///
  /// - Returns: the file; nil if there was nothing to write.
  private func backUp() throws -> Path? {
    blockList.fileWaiting(at: .now)
    blockList.runCommands()
    let isEmpty = try blockList.subjects(after: nil, count: 1).isEmpty
    guard try !isEmpty || !blocksByHand().isEmpty else { return nil }
    let path = Path(blockList.storePath.parent.bytes + Array("/before-unblock-all.jsonl".utf8))
    do {
      try Output.replace(path) { _ = try Export.write(blockList, to: &$0) }
    } catch let failure as Failure {
      throw Failure(
        message: failure.message + "; nothing was done, and --no-backup does without it")
    } catch let error as ReadError {
      let message = error.failure(of: error.path).message
      throw Failure(message: message + "; nothing was done, and --no-backup does without it")
    }
    return path
  }

  private func forgive() throws -> (known: Int, blocked: Int) {
    var (known, blocked) = (0, 0)
    let now = Timestamp.now
    try Listing(blockList, kind).forEachChunk(of: 500) { chunk in
      blocked += chunk.count {
        blockList.configuration.standing(
          of: $0.subject, using: nil, after: $0.record.times(at: now), $0.record.series(at: now),
          at: now
        ).block != nil
      }
      known += try blockList.forgive(chunk.map { $0.subject }, at: now).count
      blockList.runCommands()
    }
    return (known, blocked)
  }
}

extension Terminal {
  /// Whether a person can be asked: what is read is typed, and what is said is seen.
  static var isPersonThere: Bool { isPerson(.input) && isPerson(.error) }

  /// Asks; whether the answer is yes.
  static func agrees(_ question: String) throws -> Bool {
    write(question + " [y/N] ", to: .error)
    guard let answer = readLine() else { return false }
    return ["y", "yes"].contains(answer.lowercased())
  }
}
