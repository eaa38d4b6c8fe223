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
    if kind != .user,
      let address = meanings.compactMap({ HostAddress(parsing: $0.bytes[...]) }).first
    {
      // The address as it is, whatever prefix counts as one host.
      return .network(Network(whole: address))
    }
    if let decreed = targets(kind).first(where: { book.has($0) }) { return decreed }
    let known = try self.known(kind, in: blockList)
    let subject =
      known.first { $0.record != nil && kind != nil }
      ?? known.first { kind != nil || $0.subject.host == nil }
    guard let subject = subject?.subject else {
      throw Misuse(command: command, message: "\(typed.quoted) is the name of no host.")
    }
    if let why = subject.nonsense { throw Misuse.nonsense(subject, why, command) }
    guard let entry = AllowList.Entry(subject) else {
      throw Misuse(command: command, message: "No decree can be on \(subject.shown).")
    }
    return entry
  }

  /// Whom a decree on this name may mean; a host by its name only if a host is meant.
  func targets(_ kind: Kind?) -> [AllowList.Entry] {
    meanings.flatMap { name in
      if kind != .user, let address = HostAddress(parsing: name.bytes[...]) {
        return [AllowList.Entry.network(Network(whole: address))]
      }
      let host = Host(name.bytes[...]).map { AllowList.Entry(.host($0)) } ?? nil
      return [kind == .host ? host : nil, kind == .host ? nil : .user(name)].compactMap { $0 }
    }
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
