internal import BlockList
internal import Policy
internal import Upkeep

extension TypedName {
  /// What a decree on this name means: an address or a network, else a user, or with `--host` a host
  /// that is known by its name.
  ///
  /// - Throws: `Misuse` if that can't be anybody.
  func decreed(
    _ kind: Kind?, in blockList: BlockList, _ book: DecreeBook, _ command: String
  ) throws -> AllowList.Entry {
    if let network, kind == nil || kind == .network { return network.masked }
    if let why = whyNoTarget ?? (kind == .network ? noNetwork : nil) {
      throw Misuse(command: command, message: "\(typed.quoted) can't be decreed: \(why).")
    }
    let targets = targets(kind, blockList.configuration)
    let isKnown = { (target: AllowList.Entry) throws in
      try target.subject.flatMap { try blockList.knownRecord(of: $0, at: .now) } != nil
    }
    // What is known is decreed whatever its name is like.
    if let known = try targets.first(where: { book.has($0) }) ?? targets.first(where: isKnown) {
      return known
    }
    guard let target = targets.first else {
      throw Misuse(command: command, message: "\(typed.quoted) can't be decreed.")
    }
    if let subject = target.subject, let why = subject.nonsense(as: kind) {
      throw Misuse.nonsense(subject, why, command)
    }
    return target
  }

  /// Of what looks like a network, and is none, and of a user at a network.
  private var whyNoTarget: String? {
    let front = typed.bytes.prefix { $0 != UInt8(ascii: "/") }
    if network == nil, front.count < typed.bytes.count, HostAddress(parsing: front) != nil {
      return "a prefix has up to 32 bits, of IPv6 up to 128"
    }
    guard Spelling.home(typed.bytes[...]) != nil else { return nil }
    return "it is a user at a network; give the user, or the network"
  }

  /// What a decree on this name may mean, if that is no network: an address first.
  func targets(_ kind: Kind?, _ configuration: Configuration) -> [AllowList.Entry] {
    guard kind != .network, kind != .caller else { return [] }
    let hosts = kind == .user ? [] : meanings.compactMap { Host($0.bytes[...]) }
    let addresses = hosts.compactMap { host in
      if case .address(let address) = host { Network(whole: address) } else { nil }
    }
    if !addresses.isEmpty { return addresses.map { .network($0) } }
    if kind == .host {
      return hosts.compactMap { if case .name(let name) = $0 { .host(name) } else { nil } }
    }
    return meanings.map { configuration.counted(.user($0)) }
  }
}

/// Why an address or a name is no network.
let noNetwork = "a network has /LENGTH, as in 192.0.2.0/24"

extension AllowList.Entry {
  /// A network without the bits that are a host's.
  fileprivate var masked: AllowList.Entry {
    guard case .network(let network) = self else { return self }
    return .network(Network(of: network.address, prefixLength: network.prefixLength))
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
