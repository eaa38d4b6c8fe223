public import LMDB
public import Policy

/// A subject as a key of the store.
///
/// 'u' and the user's name; 'h', how the host is known (4, 6: an address of 4 or 16 bytes; 'n': a
/// name) and that. So all hosts stand together, and all users.
public struct SubjectKey: Equatable, Sendable {
  public let bytes: [UInt8]

  public init(_ subject: Subject) {
    switch subject {
    case .user(let name): bytes = [Self.user] + name.bytes
    case .host(.address(let address)):
      let octets = address.octets
      bytes = [Self.host, octets.count == 4 ? 4 : 6] + octets
    case .host(.name(let name)): bytes = [Self.host, UInt8(ascii: "n")] + name.bytes
    }
  }

  /// nil if this is the key of no subject.
  public var subject: Subject? {
    let rest = bytes.dropFirst(2)
    switch (bytes.first, bytes.dropFirst().first) {
    case (Self.user, _): return .user(Name(Array(bytes.dropFirst())))
    case (Self.host, 4), (Self.host, 6):
      guard let address = HostAddress(octets: rest) else { return nil }
      return .host(.address(address))
    case (Self.host, UInt8(ascii: "n")): return .host(.name(Name(Array(rest))))
    default: return nil
    }
  }

  /// Reads what is stored; nil if that is no key.
  public init?(stored bytes: ArraySlice<UInt8>) { self.init(decoding: Array(bytes)) }

  /// The user whose key this is; nil if it is a host's.
  var user: Name? {
    guard case .user(let name) = subject else { return nil }
    return name
  }

  /// The host whose key this is; nil if it is a user's.
  var host: Host? {
    guard case .host(let host) = subject else { return nil }
    return host
  }

  /// Not above any key; of nobody.
  static var lowest: SubjectKey { SubjectKey(bytes: []) }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  static let user = UInt8(ascii: "u")
  static let host = UInt8(ascii: "h")
}

extension SubjectKey: Storable {
  public var encoded: [UInt8] { bytes }

  public init?(decoding bytes: [UInt8]) {
    guard bytes.first == Self.user || bytes.first == Self.host else { return nil }
    self.bytes = bytes
  }
}
