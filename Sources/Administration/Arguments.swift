public import ArgumentParser
internal import BlockList
public import Platform
public import Policy

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
  case host, user

  static func help(for kind: Kind) -> ArgumentHelp? {
    switch kind {
    case .host: "The names are hosts'."
    case .user: "The names are users'."
    }
  }

  /// Who of this kind is meant by a name; nil if nobody: the name is empty, or a host's `UNKNOWN`.
  func subject(_ name: [UInt8]) -> Subject? {
    guard !name.isEmpty else { return nil }
    let bounded = Name(bounded: name)
    return self == .user ? .user(bounded) : Host(bounded.bytes[...]).map { .host($0) }
  }

  /// Who may be meant by `name`: an address is a host's, any other may be a host's and a user's.
  static func subjects(named name: Name, _ kind: Kind?) -> [Subject] {
    let host = Host(name.bytes[...])
    let hosts = host.map { [Subject.host($0)] } ?? []
    switch kind {
    case .host: return hosts
    case .user: return [.user(name)]
    case nil: return host?.isAddress ?? false ? hosts : hosts + [.user(name)]
    }
  }
}

/// Whom a command tells about, and how.
struct Whom: ParsableArguments {
  @Argument(
    help: "Whom to tell about; as the name is, or as it is printed.",
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
