public import LMDB
public import Policy

/// A subject as a key of the store.
///
/// Its kind, and what tells it from others of its kind:
/// - 'c', a caller: the number of the user 4.
/// - 'h', a host: 4 or 6 and an address of 4 or 16 bytes; 'p', the length of a prefix 1 and such an
///   address; or 'n' and a name.
/// - 'm', a user at home: how long the name is 1, the name, and the network as below.
/// - 'n', a network: the length of the prefix 1, and an address of 4 or 16 bytes.
/// - 'u', a user: the name.
///
/// So all of a kind stand together, and the users last.
public struct SubjectKey: Equatable, Sendable {
  public let bytes: [UInt8]

  public init(_ subject: Subject) {
    switch subject {
    case .user(let name): bytes = [Self.user] + name.bytes
    case .host(.address(let address)):
      let octets = address.octets
      bytes = [Self.host, octets.count == 4 ? 4 : 6] + octets
    case .host(.network(let network)): bytes = [Self.host, Self.prefix] + network.bytes
    case .host(.name(let name)): bytes = [Self.host, Self.network] + name.bytes
    case .network(let network): bytes = [Self.network] + network.bytes
    case .home(let name, let network): bytes = Self.homes(of: name) + network.bytes
    case .caller(let number): bytes = [Self.caller] + Bytes.bigEndian(UInt64(number), count: 4)
    }
  }

  /// What the keys of a user at home begin with, wherever that is.
  static func homes(of user: Name) -> [UInt8] {
    [Self.home, UInt8(truncatingIfNeeded: user.bytes.count)] + user.bytes
  }

  /// nil if this is the key of no subject.
  public var subject: Subject? {
    var reader = Bytes.Reader(bytes)
    switch reader.byte() {
    case Self.user: return .user(Name(reader.rest))
    case Self.host: return Self.host(&reader).map { .host($0) }
    case Self.network: return Network(decoding: reader.rest).map { .network($0) }
    case Self.home: return Self.home(&reader)
    case Self.caller:
      guard let number = reader.integer(4), reader.isAtEnd else { return nil }
      return .caller(UInt32(truncatingIfNeeded: number))
    default: return nil
    }
  }

  private static func host(_ reader: inout Bytes.Reader) -> Host? {
    switch reader.byte() {
    case 4, 6: HostAddress(octets: reader.rest).map { .address($0) }
    case Self.prefix: Network(decoding: reader.rest).map { .network($0) }
    case Self.network: .name(Name(reader.rest))
    default: nil
    }
  }

  private static func home(_ reader: inout Bytes.Reader) -> Subject? {
    guard let count = reader.byte(), reader.rest.count >= count,
      let network = Network(decoding: reader.rest.dropFirst(Int(count)))
    else { return nil }
    return .home(Name(reader.rest.prefix(Int(count))), network)
  }

  /// Reads what is stored; nil if that is no key.
  public init?(stored bytes: ArraySlice<UInt8>) { self.init(decoding: Array(bytes)) }

  /// The user whose key this is; nil if it is another's.
  var user: Name? {
    guard case .user(let name) = subject else { return nil }
    return name
  }

  /// The host whose key this is; nil if it is another's.
  package var host: Host? {
    guard case .host(let host) = subject else { return nil }
    return host
  }

  /// The kind of the subject of a stored key; nil if that is none.
  public static func kind(of stored: ArraySlice<UInt8>) -> SubjectKind? {
    switch stored.first {
    case host: .host
    case network: .network
    case user: .user
    case home: .home
    case caller: .caller
    default: nil
    }
  }

  /// Before the keys of a kind, and behind those of all kinds that stand in front: callers, hosts,
  /// users at home, networks, users.
  public static func start(of kind: SubjectKind) -> SubjectKey {
    switch kind {
    case .host: SubjectKey(bytes: [host])
    case .network: SubjectKey(bytes: [network])
    case .user: SubjectKey(bytes: [user])
    case .home: SubjectKey(bytes: [home])
    case .caller: SubjectKey(bytes: [caller])
    }
  }

  /// Not above any key; of no subject.
  static var lowest: SubjectKey { SubjectKey(bytes: []) }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private static let caller = UInt8(ascii: "c")
  private static let home = UInt8(ascii: "m")
  /// Also of a host that is a name.
  private static let network = UInt8(ascii: "n")
  private static let prefix = UInt8(ascii: "p")
  static let user = UInt8(ascii: "u")
  static let host = UInt8(ascii: "h")
}

extension Network {
  /// The length of the prefix, and the address.
  fileprivate var bytes: [UInt8] { [prefixLength] + address.octets }

  /// Nil if that is no network, or one in another form than the one that it has here.
  fileprivate init?(decoding bytes: ArraySlice<UInt8>) {
    guard let length = bytes.first, let address = HostAddress(octets: bytes.dropFirst()),
      length <= address.bitCount
    else { return nil }
    self.init(of: address, prefixLength: length)
    guard self.bytes == Array(bytes) else { return nil }
  }
}

extension SubjectKey: Storable {
  public var encoded: [UInt8] { bytes }

  public init?(decoding bytes: [UInt8]) {
    switch bytes.first {
    case Self.user, Self.host, Self.network, Self.home, Self.caller: self.bytes = bytes
    default: return nil
    }
  }
}
