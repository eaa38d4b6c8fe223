public import Text

/// Where a login comes from.
public enum Host: Equatable, Sendable {
  case address(HostAddress)
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
    case .name(let name): name.bytes
    }
  }

  /// The host as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .address(let address): address.text
    case .name(let name): name.escaped
    }
  }
}

/// Who is counted, and blocked.
public enum Subject: Equatable, Sendable {
  case host(Host)
  case user(Name)

  /// `host` or `user`.
  public var kind: Text {
    switch self {
    case .host: "host"
    case .user: "user"
    }
  }

  /// The name alone, as it may be shown: escaped.
  public var text: Text {
    switch self {
    case .host(let host): host.text
    case .user(let name): name.escaped
    }
  }
}

/// One try to log in. A class: it is handed on, and never changed.
public final class Attempt: Equatable, Sendable {
  /// Nil if the application hasn't asked for it yet.
  public let user: Name?
  /// Nil at the console, and for su and sudo.
  public let host: Host?
  public let service: Name
  /// The port that the host came from; 0 if it isn't known.
  public let port: UInt16

  public init(user: Name?, host: Host?, service: Name, port: UInt16 = 0) {
    self.user = user
    self.host = host
    self.service = service
    self.port = port
  }

  public static func == (one: Attempt, other: Attempt) -> Bool {
    one.user == other.user && one.host == other.host && one.service == other.service
  }

  /// Who the attempt is counted for: the host first, then the user, unless its name is empty.
  public var subjects: [Subject] {
    var subjects: [Subject] = []
    if let host { subjects.append(.host(host)) }
    if let user, !user.bytes.isEmpty { subjects.append(.user(user)) }
    return subjects
  }
}
