internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

/// A name as it is, or as ablctl prints it, with `\xNN` for a byte and `\\` for a backslash; an IPv6
/// address may also stand in brackets, as in a rule.
struct TypedName: ExpressibleByArgument, Hashable {
  let typed: Name
  /// What else may be meant, the likelier first.
  private let others: [Name]

  init?(argument: String) { self.init(ArgumentBytes.bytes(in: argument)) }

  /// Nil if nothing is there.
  init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return nil }
    let name = Name(bounded: bytes)
    let printed = Spelling.bytes(bytes[...]).map { Name(bounded: $0) }
    typed = name
    others = [Self.unbracketed(bytes), printed].compactMap { $0 }.filter { $0 != name }
  }

  /// Equal names mean the same.
  func hash(into hasher: inout Hasher) { hasher.combine(typed.bytes) }

  /// The network that this is written as, with more than one address in it; nil if it is none.
  var network: AllowList.Entry? {
    guard typed.bytes.contains(UInt8(ascii: "/")) else { return nil }
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: typed.bytes[...], mistakes: &mistakes)
    guard mistakes.isEmpty, list.entries.count == 1, case .network = list.entries[0] else {
      return nil
    }
    return list.entries[0]
  }

  /// The address in `[…]`.
  private static func unbracketed(_ bytes: [UInt8]) -> Name? {
    guard bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
    let inside = bytes.dropFirst().dropLast()
    guard case .v6 = HostAddress(parsing: inside) else { return nil }
    return Name(inside)
  }

  /// The name as it is, and what else may be meant.
  var meanings: [Name] { [typed] + others }

  /// What may be meant, and what is known of each: by the name as it is, or if no subject of that
  /// name is known, by what else may be meant.
  func known(_ kind: Kind?, in blockList: BlockList) throws -> [KnownSubject] {
    var first: [KnownSubject]?
    for name in [typed] + others {
      let meant = Kind.subjects(named: name, kind, blockList.configuration)
      let homes = try meant.flatMap { try $0.homes(in: blockList) }
      let found = try (meant + homes).map { subject in
        KnownSubject(subject: subject, record: try blockList.knownRecord(of: subject, at: .now))
      }
      if found.contains(where: { $0.record != nil }) { return found }
      let isAddress = found.contains { $0.subject.isAddress }
      if first == nil || isAddress { first = found }
    }
    return first ?? []
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
    case .host(.address), .host(.network): true
    default: false
    }
  }
}
