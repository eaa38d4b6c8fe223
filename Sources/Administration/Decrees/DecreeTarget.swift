internal import BlockList
internal import Policy

extension TypedName {
  /// Whom a decree on this name means: an address or a network, else a user, or with `--host` a host
  /// that is known by its name.
  ///
  /// - Throws: `Misuse` if that can't be anybody.
  func decreed(
    _ kind: Kind?, in blockList: BlockList, _ book: DecreeBook, _ command: String
  ) throws -> AllowList.Entry {
    if let network, kind != .user { return network }
    if let decreed = targets(kind).first(where: { book.has($0) }) { return decreed }
    let known = try known(kind, in: blockList)
    let subject =
      known.first { $0.subject.isAddress } ?? known.first { $0.record != nil && kind != nil }
      ?? known.first { kind != nil || !$0.subject.isHost }
    guard let subject = subject?.subject else {
      throw Misuse(command: command, message: "\(typed.quoted) is the name of no host.")
    }
    if let why = subject.nonsense { throw Misuse.nonsense(subject, why, command) }
    return AllowList.Entry(subject)
  }

  /// Whom a decree on this name may mean; a host by its name only if a host is meant.
  func targets(_ kind: Kind?) -> [AllowList.Entry] {
    meanings.flatMap { Kind.subjects(named: $0, kind) }
      .filter { kind != nil || $0.isAddress || !$0.isHost }.map { AllowList.Entry($0) }
  }
}

extension DecreeBook {
  /// Whether there is a decree on exactly `target`.
  fileprivate func has(_ target: AllowList.Entry) -> Bool {
    Decree.Kind.allCases.contains { decree($0, on: target, at: .now) != nil }
  }
}

extension Network {
  /// Of that address alone.
  init(whole address: HostAddress) {
    self.init(address, prefixLength: UInt8(8 * address.octets.count))
  }
}
