internal import BlockList
internal import Policy
internal import Upkeep

/// Ends blocks by hand, for `unblock`.
struct DecreeRelease {
  private let blockList: BlockList
  private let kind: Kind?
  private let manner: Pardon.Manner

  init(_ blockList: BlockList, _ kind: Kind?, _ manner: Pardon.Manner) {
    (self.blockList, self.kind, self.manner) = (blockList, kind, manner)
  }

  /// Ends those on each of `names`, and within the networks among them, and tells it.
  ///
  /// - Returns: the names that there were any of.
  func end(_ names: [TypedName], to output: inout Output) throws -> Set<TypedName> {
    let now = Timestamp.now
    let book = try blockList.decrees(at: now)
    var (ended, released): ([Decree], Set<TypedName>) = ([], [])
    for name in names {
      let meant = blocks(meantBy: name, book, at: now)
      if !meant.isEmpty { released.insert(name) }
      ended += meant.filter { one in !ended.contains { $0 === one } }
    }
    guard !ended.isEmpty else { return [] }
    if !manner.isDry {
      _ = try blockList.end(.block, on: ended.map { $0.target }, at: now)
      blockList.runCommands()
    }
    for decree in ended { try tell(decree, to: &output) }
    return released
  }

  private func blocks(
    meantBy name: TypedName, _ book: DecreeBook, at now: Timestamp
  ) -> [Decree] {
    if kind == nil || kind == .network, case .network(let network) = name.network {
      return book.all.filter { decree in
        guard decree.kind == .block, case .network(let inner) = decree.target else { return false }
        return inner.prefixLength >= network.prefixLength && network.contains(inner.address)
      }
    }
    // A host by its name, too: all blocks of that name are meant.
    let kinds = kind.map { [$0] } ?? [.host, .user]
    return kinds.flatMap { name.targets($0, blockList.configuration) }
      .compactMap { book.decree(.block, on: $0, at: now) }
  }

  private func tell(_ decree: Decree, to output: inout Output) throws {
    let shown = decree.target.shown
    if !manner.isDry { Audit.log("unblocked \(shown), which was blocked \(decree.origin)") }
    switch manner.format {
    case .quiet: break
    case .json:
      var object = JSONObject()
      object.set("kind", decree.target.kindText)
      object.set("name", String(decree.target.text))
      object.set("wasBlocked", true)
      object.set("attempts", 0)
      object.set("done", !manner.isDry)
      try output.add(bytes: object.line())
    case nil:
      let word = manner.isDry ? "the block by hand would end" : "no longer blocked by hand"
      try output.tell("\(shown): \(word) (\(decree.origin))")
    }
  }

  /// Those of `names` that a wider block keeps out: they are known by that.
  func keptOut(_ names: [TypedName]) throws -> [TypedName] {
    guard !manner.isDry else { return [] }
    return try names.filter { try !widerBlocks([$0]).isEmpty }
  }

  /// A line for each of `names` that a wider block keeps out.
  func stillBlocked(_ names: [TypedName]) throws -> [String] {
    guard !manner.isDry else { return [] }
    return try widerBlocks(names).map { subject, decree in
      "\(subject.shown): still blocked by decree \(String(decree.target.text)), "
        + "\(decree.origin); 'ablctl allow \(subject.name)' lets it pass"
    }
  }

  private func widerBlocks(_ names: [TypedName]) throws -> [(subject: Subject, decree: Decree)] {
    let now = Timestamp.now
    let book = try blockList.decrees(at: now)
    guard !book.isEmpty else { return [] }
    let targets = names.flatMap { $0.targets(kind, blockList.configuration) }
    return targets.compactMap { target in
      guard let subject = target.subject, !blockList.configuration.isAllowed(subject),
        let decree = book.decree(for: subject, at: now), decree.kind == .block
      else { return nil }
      return (subject, decree)
    }
  }
}
