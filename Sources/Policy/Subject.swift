public import Text

/// Where a login comes from.
public enum Host: Equatable, Sendable {
  case address(HostAddress)
  /// All addresses of a customer, as `host_prefix` has them: counted as one.
  case network(Network)
  /// A name, in lower case.
  case name(Name)

  /// Reads what an application says the host is; nil if it says that there is none: nothing, or
  /// the `UNKNOWN` of sshd.
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty, !bytes.isEqual(to: "UNKNOWN") else { return nil }
    if let address = HostAddress(parsing: bytes) {
      self = .address(address)
    } else {
      self = .name(Name(bytes.map { $0.lowercased }))
    }
  }

  /// The host as it is passed to programs: as it is, whatever its bytes.
  public var bytes: [UInt8] {
    switch self {
    case .address(let address): Array(address.text.bytes)
    case .network(let network): Array(network.text.bytes)
    case .name(let name): name.bytes
    }
  }

  /// The host as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .address(let address): address.text
    case .network(let network): network.text
    case .name(let name): name.escaped
    }
  }
}

/// What is counted, and blocked.
public enum Subject: Equatable, Sendable {
  case host(Host)
  /// All hosts of a prefix of `network_rule`.
  case network(Network)
  case user(Name)
  /// A user at a network where the user has logged in: judged by the failures from there.
  case home(Name, Network)
  /// The real user of a program that borrows root's rights, such as su, by number.
  case caller(UInt32)

  /// What kind of subject it is.
  public var kind: SubjectKind {
    switch self {
    case .host: .host
    case .network: .network
    case .user: .user
    case .home: .home
    case .caller: .caller
    }
  }

  /// The name alone, as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .host(let host): host.text
    case .network(let network): network.text
    case .user(let name): name.escaped
    case .home(let name, let network): name.escaped + "@" + network.text
    case .caller(let number): Text(number)
    }
  }
}

/// The kinds of subjects. A new one is one case here; the compiler asks what it means elsewhere.
public enum SubjectKind: CaseIterable, Sendable {
  case host, network, user, home, caller

  /// The word for it: `host`.
  public var text: Text { Text(stringLiteral: word) }

  /// Likewise.
  public var word: StaticString {
    switch self {
    case .host: "host"
    case .network: "network"
    case .user: "user"
    case .home: "home"
    case .caller: "caller"
    }
  }

  /// Whether it is about where a login comes from; else it is about the account, or about the user
  /// that asks for it.
  public var isOrigin: Bool { self == .host || self == .network }
}

/// One try to log in. A class: it is handed on, and never changed.
public final class Attempt: Equatable, Sendable {
  /// Nil if the application hasn't asked for it yet.
  public let user: Name?
  /// As the application tells it. Nil at the console, and for su and sudo.
  public let host: Host?
  public let service: Name
  /// The port that the host came from; 0 if it isn't known.
  public let port: UInt16
  /// The user that runs a program that borrows root's rights; nil in all others.
  public let caller: Caller?
  /// The user as it was typed, whatever that is counted as.
  public let typed: Name?

  /// A user that runs su, sudo or another program that borrows root's rights.
  public struct Caller: Equatable, Sendable {
    public let number: UInt32
    /// Whether the account that is asked for is the user's own.
    public let isOwnAccount: Bool

    public init(number: UInt32, isOwnAccount: Bool) {
      (self.number, self.isOwnAccount) = (number, isOwnAccount)
    }
  }

  public init(
    user: Name?, host: Host?, service: Name, port: UInt16 = 0, caller: Caller? = nil,
    typed: Name? = nil
  ) {
    self.user = user
    self.typed = typed ?? user
    self.host = host
    self.service = service
    self.port = port
    self.caller = caller
  }

  public static func == (one: Attempt, other: Attempt) -> Bool {
    one.user == other.user && one.host == other.host && one.service == other.service
      && one.caller == other.caller
  }
}
