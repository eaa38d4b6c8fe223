public import ArgumentParser
internal import BlockList
internal import CSystem
public import Platform
public import Policy
internal import Upkeep

// What can stand on the command line, beside what ArgumentParser knows.

extension Name: ExpressibleByArgument {
  /// A user or a service; nil if nothing is there.
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.init(bounded: ArgumentBytes.bytes(in: argument))
  }

  public var defaultValueDescription: String { shown }
}

extension Host: ExpressibleByArgument {
  /// A host as an application would name it; nil if that would mean none.
  public init?(argument: String) {
    guard let name = Name(argument: argument) else { return nil }
    self.init(name.bytes[...])
  }

  var isAddress: Bool {
    if case .address = self { true } else { false }
  }
}

extension Path: ExpressibleByArgument {
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    self.init(ArgumentBytes.bytes(in: argument))
  }

  public var defaultValueDescription: String { shown }

  public static var defaultCompletionKind: CompletionKind { .file() }
}

/// What a listing is printed as; the table for people if nothing is said.
enum Format: EnumerableFlag {
  case json, quiet

  static func help(for format: Format) -> ArgumentHelp? {
    switch format {
    case .json: "Print JSON, one object a line."
    case .quiet: "Print names only; nothing if the exit status tells it."
    }
  }
}

/// One kind of subject.
enum Kind: EnumerableFlag {
  case host, network, user, caller

  static func help(for kind: Kind) -> ArgumentHelp? {
    switch kind {
    case .host: "The names are hosts'."
    case .network: "The names are networks'."
    case .user: "The names are users'."
    case .caller: "The names are those of users that run su, sudo or the like."
    }
  }

  /// Whether subjects of that kind are meant. A user at home is a user.
  func includes(_ kind: SubjectKind) -> Bool {
    switch (self, kind) {
    case (.host, .host), (.network, .network), (.caller, .caller): true
    case (.user, .user), (.user, .home): true
    default: false
    }
  }

  /// The first kind, in the order of the store, that is meant.
  var first: SubjectKind {
    switch self {
    case .host: .host
    case .network: .network
    case .user: .home
    case .caller: .caller
    }
  }

  /// The subject of this kind that is meant by a name, an address as it is; nil if there is none:
  /// the name is empty, or a host's `UNKNOWN`.
  func subject(_ name: [UInt8]) -> Subject? {
    guard !name.isEmpty else { return nil }
    let bounded = Name(bounded: name)
    switch self {
    case .host: return Host(bounded.bytes[...]).map { .host($0) }
    case .user: return .user(bounded)
    case .network: return Network(written: bounded).map { .network($0) }
    case .caller: return Caller(named: bounded).map { .caller($0.number) }
    }
  }

  /// What may be meant by `name`: an address is a host's, with the prefix that counts for it, and
  /// a prefix is a network's; any other may be a host's and a user's.
  static func subjects(
    named name: Name, _ kind: Kind?, _ configuration: Configuration
  ) -> [Subject] {
    switch kind {
    case .host: hosts(named: name, configuration)
    case .network: Network(written: name).map { [.network($0)] } ?? []
    case .user: users(named: name, configuration)
    case .caller: Caller(named: name).map { [.caller($0.number)] } ?? []
    case nil: subjects(named: name, configuration)
    }
  }

  private static func subjects(named name: Name, _ configuration: Configuration) -> [Subject] {
    let hosts = hosts(named: name, configuration)
    if HostAddress(parsing: name.bytes[...]) != nil { return hosts }
    guard let network = Network(written: name), configuration.counts(.network(network)) else {
      return hosts + users(named: name, configuration)
    }
    return hosts.filter { $0.isAddress } + [.network(network)] + users(named: name, configuration)
  }

  /// The host that counts for an address, or a prefix that counts as one.
  private static func hosts(named name: Name, _ configuration: Configuration) -> [Subject] {
    if let network = Network(written: name), configuration.counts(.host(.network(network))) {
      return [.host(.network(network))]
    }
    guard let host = Host(name.bytes[...]) else { return [] }
    return configuration.subjects(of: host).filter { $0.kind == .host }
  }

  /// The user that counts for a name, and a user at home that is spelled so; that one alone where
  /// what stands behind an `@` is no part of a name.
  private static func users(named name: Name, _ configuration: Configuration) -> [Subject] {
    let user = Subject.user(configuration.counted(name))
    guard let home = Spelling.home(name.bytes[...]) else { return [user] }
    let others = configuration.alike.contains(.userDomain) ? [] : [user]
    return [configuration.counted(home)] + others
  }
}

extension Configuration {
  /// Whether attempts from a network, or from a prefix, are counted for it.
  func counts(_ subject: Subject) -> Bool {
    guard let network = subject.network else { return false }
    return subjects(of: .address(network.address)).contains(subject)
  }
}

extension Subject {
  /// The addresses of a network, or of a host that is a prefix.
  fileprivate var network: Network? {
    switch self {
    case .network(let network), .host(.network(let network)): network
    default: nil
    }
  }
}

extension Network {
  /// Reads `192.0.2.0/24`; nil if that is no network of more than one address.
  init?(written name: Name) {
    var mistakes: [SyntaxError] = []
    guard name.bytes.contains(UInt8(ascii: "/")) else { return nil }
    let list = AllowList(hosts: name.bytes[...], mistakes: &mistakes)
    guard mistakes.isEmpty, list.entries.count == 1, case .network(let network) = list.entries[0]
    else { return nil }
    self.init(of: network.address, prefixLength: network.prefixLength)
  }
}

/// What can be decreed of; no caller can.
enum DecreedKind: EnumerableFlag {
  case host, network, user

  static func help(for kind: DecreedKind) -> ArgumentHelp? { Kind.help(for: kind.kind) }

  var kind: Kind {
    switch self {
    case .host: .host
    case .network: .network
    case .user: .user
    }
  }
}

/// A user of this machine that runs su, sudo or the like.
struct Caller {
  let number: UInt32

  /// - Parameter name: of an account, or its number.
  init?(named name: Name) {
    if let number = UInt32(String(decoding: name.bytes, as: UTF8.self)) {
      self.number = number
    } else {
      guard let number = Self.number(of: name) else { return nil }
      self.number = number
    }
  }

  private static func number(of account: Name) -> UInt32? {
    let name = account.bytes.map { CChar(bitPattern: $0) } + [0]
    return unsafe getpwnam(name).map { unsafe $0.pointee.pw_uid }
  }
}

/// The subjects that a command tells about, and how.
struct NamedSubjects: ParsableArguments {
  @Argument(
    help: "What to tell about; as the name is, or as it is printed.",
    completion: .custom { KnownNames.completions($0, $1, $2) })
  var name: [TypedName]

  @Flag(exclusivity: .exclusive)
  var kind: Kind?

  @Flag(help: "Print JSON, one object a line.")
  var json = false

  /// What is known of each, name by name.
  func known(in blockList: BlockList) throws -> [(name: TypedName, subjects: [KnownSubject])] {
    try name.map { ($0, try $0.known(kind, in: blockList)) }
  }
}
