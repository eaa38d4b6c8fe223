internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Text
internal import Upkeep

/// A name as it is, or as ablctl prints it, with `\xNN` for a byte and `\\` for a backslash; an
/// address may also stand in brackets, as in a rule, and have blanks around it.
struct TypedName: ExpressibleByArgument, Hashable {
  let typed: Name
  /// The address or network that it is, if it is typed in another way.
  private let address: Name?
  /// What else may be meant, the likelier first.
  private let others: [Name]

  init?(argument: String) { self.init(ArgumentBytes.bytes(in: argument)) }

  /// Nil if nothing is there.
  init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return nil }
    let name = Name(bounded: bytes)
    let printed = Spelling.bytes(bytes[...]).map { Name(bounded: $0) }
    typed = name
    address = Self.address(in: bytes[...]).flatMap { $0 == name ? nil : $0 }
    others = [address, printed].compactMap { $0 }.filter { $0 != name }
  }

  /// Equal names mean the same.
  func hash(into hasher: inout Hasher) { hasher.combine(typed.bytes) }

  /// The network that this is written as, with more than one address in it; nil if it is none.
  var network: AllowList.Entry? {
    Self.network(written: typed) ?? address.flatMap { Self.network(written: $0) }
  }

  private static func network(written name: Name) -> AllowList.Entry? {
    guard name.bytes.contains(UInt8(ascii: "/")) else { return nil }
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: name.bytes[...], mistakes: &mistakes)
    guard mistakes.isEmpty, list.entries.count == 1, case .network = list.entries[0] else {
      return nil
    }
    return list.entries[0]
  }

  /// The address or network in `[…]` or `[…]/LENGTH`, or with blanks around it.
  private static func address(in bytes: ArraySlice<UInt8>) -> Name? {
    var plain = bytes.trimmed
    if plain.first == UInt8(ascii: "["), let end = plain.firstIndex(of: UInt8(ascii: "]")) {
      let rest = plain[(end + 1)...]
      guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { return nil }
      plain = (plain[..<end].dropFirst() + rest)[...]
    }
    let name = Name(plain)
    guard let entry = network(written: name) else {
      return HostAddress(parsing: plain) == nil ? nil : name
    }
    // `192.0.2.1/32` is that address.
    guard case .host(.address(let address))? = entry.subject else { return name }
    return Name(address.text)
  }

  /// The name as it is, and the address or network that is written so; not what it is printed for.
  var spelled: [Name] { [typed] + [address].compactMap { $0 } }

  /// The name as it is, and what else may be meant.
  var meanings: [Name] { [typed] + others }

  /// What may be meant, and what is known of each: by the name as it is, or if no subject of that
  /// name is known, by what else may be meant. An address is always meant: a stranger may have
  /// chosen what it is typed as for a user's name.
  func known(_ kind: Kind?, in blockList: BlockList) throws -> [KnownSubject] {
    var (first, addresses): ([KnownSubject]?, [KnownSubject]) = (nil, [])
    let names = kind == .user ? meanings : [address].compactMap { $0 } + meanings
    for name in names {
      let found = try Self.known(name, kind, in: blockList)
      if found.contains(where: { $0.record != nil }) { return addresses + found }
      if found.contains(where: { $0.subject.isAddress }), addresses.isEmpty {
        addresses = found.filter { $0.subject.isAddress }
      }
      first = first ?? found
    }
    return first ?? []
  }

  private static func known(
    _ name: Name, _ kind: Kind?, in blockList: BlockList
  ) throws -> [KnownSubject] {
    var meant = Kind.subjects(named: name, kind, blockList.configuration)
    if kind == nil, let network = try knownNetwork(name, in: blockList), !meant.contains(network) {
      meant = [network] + meant.filter { $0.kind != .host }
    }
    let homes = try meant.flatMap { try $0.homes(in: blockList) }
    let address = HostAddress(parsing: name.bytes[...])
    return try (meant + homes).map { subject in
      KnownSubject(
        subject: subject, record: try blockList.knownRecord(of: subject, at: .now),
        host: subject.kind == .host ? address.map { .address($0) } : nil)
    }
  }
}

extension TypedName {
  /// The network that `name` is, if anything is on record of it or a decree stands on it, be it
  /// counted or not.
  private static func knownNetwork(_ name: Name, in blockList: BlockList) throws -> Subject? {
    guard let network = Network(written: name), network.prefixLength < network.address.bitCount
    else { return nil }
    let subject = Subject.network(network)
    let decree = try blockList.decrees(at: .now).decree(for: subject, at: .now)
    if let decree, decree.target == .network(network) { return subject }
    return try blockList.knownRecord(of: subject, at: .now).map { _ in subject }
  }
}

extension Subject {
  /// A user, at each of the networks where something has failed; none of all other subjects.
  func homes(in blockList: BlockList) throws -> [Subject] {
    guard case .user(let name) = self else { return [] }
    return try blockList.homes(of: name).filter { !$0.record.times.isEmpty }.map {
      .home(name, $0.network)
    }
  }
}

/// A subject, and what is known of it, if anything is.
struct KnownSubject {
  let subject: Subject
  let record: SubjectRecord?
  /// The host by which it was asked for, whatever that is counted as; nil if it was by itself.
  var host: Host?

  /// What the allow list and decrees go by.
  var passing: Subject { host.map { .host($0) } ?? subject }

  /// What an answer is about: the host that was asked for, where the allow list or a decree means
  /// that one, and not all that is counted as one with it.
  func told(by configuration: Configuration, _ decrees: DecreeBook, at now: Timestamp) -> Subject {
    guard host != nil else { return subject }
    let isAllowed = configuration.isAllowed(passing)
    guard isAllowed == configuration.isAllowed(subject) else { return passing }
    let own = isAllowed ? nil : decrees.decree(for: passing, at: now)
    return own == nil || own === decrees.decree(for: subject, at: now) ? subject : passing
  }

  /// The moments that count against it.
  func times(at now: Timestamp) -> [Guess] { record?.times(at: now) ?? [] }

  /// Its blocks before.
  func series(at now: Timestamp) -> Series { record?.series(at: now) ?? Series() }
}

/// The name of a host; `UNKNOWN`, which applications say where there is none, is not one.
struct TypedHost: ExpressibleByArgument {
  let name: TypedName

  init?(argument: String) {
    guard let name = TypedName(argument: argument), Host(argument: argument) != nil else {
      return nil
    }
    self.name = name
  }
}

extension Subject {
  var isAddress: Bool {
    switch self {
    case .host(.address), .host(.network), .network: true
    default: false
    }
  }
}
