public import Text

/// Names one subject, or all, with one service, or all.
public struct Pattern: Equatable, Sendable {
  /// The subject's name; exactly `*` is any.
  public let name: Name
  /// The service; nil and exactly `*` are any.
  public let service: Name?
  /// The host of that name.
  private let host: Host?
  /// How many bits the networks have that it is for; only in `network_rule`.
  private let length: UInt8?
  /// The name as `Tried` has it, of a user whose attempts are counted.
  var user: UInt64 { Tried(name.bytes[...], isUnknown: nil).word | 3 }
  /// The name if it is one byte, as `*` is; else 0.
  var sign: UInt8 { name.bytes.count == 1 ? name.bytes[0] : 0 }

  public init(name: Name, service: Name? = nil) {
    self.name = name
    self.service = service
    host = Host(name.bytes[...])
    length = nil
  }

  /// For each network of that length: of IPv6 where it is longer than IPv4's, or said to be.
  init(length: UInt8, isIPv6: Bool, service: Name?) {
    name = Name((isIPv6 ? "::/" : "/") + Text(length))
    self.service = service
    self.length = length
    host = isIPv6 || length > 32 ? .address(.v6(high: 0, low: 0)) : .address(.v4(0))
  }

  func names(_ subject: Subject) -> Bool {
    if name.isAny { return true }
    return switch subject {
    case .host(let host): host == self.host && length == nil
    case .network(let network): network == self.network(of: network.address)
    case .user(let user), .home(let user, _): user == name
    case .caller(let number): Text(number).bytes == name.bytes
    }
  }

  /// Whether it is for that host alone.
  func isOnly(_ host: Host) -> Bool { host == self.host && length == nil }

  /// The address that it is for alone; nil if it is for another kind of host, or for more.
  var address: HostAddress? {
    guard length == nil, case .address(let address)? = host else { return nil }
    return address
  }

  /// The network of `address` that it is for; nil if it is for none, or for the other family.
  func network(of address: HostAddress) -> Network? {
    guard let length, case .address(let zero)? = host, zero.bitCount == address.bitCount else {
      return nil
    }
    return Network(of: address, prefixLength: length)
  }

  /// Whether this is for `service`, whichever that is if it is nil.
  func allows(_ service: Name?) -> Bool {
    guard let ours = self.service, !ours.isAny, let service else { return true }
    return ours == service
  }

  /// Whether this is for every service.
  var allowsAnyService: Bool { service?.isAny ?? true }

  /// An IPv6 address stands in brackets.
  var text: Text {
    let isBracketed = length == nil && name.bytes.contains(UInt8(ascii: ":"))
    let shown = isBracketed ? "[" + name.escaped + "]" : name.escaped
    guard let service else { return shown }
    return shown + "/" + service.escaped
  }
}

extension Name {
  fileprivate var isAny: Bool { bytes.count == 1 && bytes.first == UInt8(ascii: "*") }
}

/// Limits for those subjects that a list of patterns names, or for all others.
public struct Clause: Equatable, Sendable {
  /// Whether it is for those that no pattern names.
  public var isInverted: Bool
  public var patterns: [Pattern]
  /// Whose attempts its limits count; nil counts all.
  public var users: Users?
  /// Any of them blocks.
  public var limits: [Limit]

  public init(
    isInverted: Bool = false, patterns: [Pattern], of users: Users? = nil, limits: [Limit]
  ) {
    self.isInverted = isInverted
    self.users = users
    self.patterns = patterns
    self.limits = limits
  }

  /// Whether it is for `subject`, logging in to `service`, or to some service if that is nil.
  public func matches(_ subject: Subject, using service: Name?) -> Bool {
    for pattern in patterns where pattern.names(subject) {
      // Inverted, and any service will do: only a pattern for every service leaves none.
      let isAnyway = isInverted && service == nil
      if isAnyway ? pattern.allowsAnyService : pattern.allows(service) { return !isInverted }
    }
    return isInverted
  }

  /// The clause as it is written: `!root|admin/sshd:10/1h,30/1d`, `root@*:1/1d`.
  public var text: Text {
    var text: Text = ""
    if let users { text = users.names.text(isInverted: users.isInverted) + "@" }
    text += patterns.text(isInverted: isInverted)
    for (index, limit) in limits.enumerated() { text += (index > 0 ? "," : ":") + limit.text }
    return text
  }
}

extension [Pattern] {
  /// `!root|admin`
  @inline(never)
  fileprivate func text(isInverted: Bool) -> Text {
    var text: Text = isInverted ? "!" : ""
    for (index, pattern) in enumerated() { text += (index > 0 ? "|" : "") + pattern.text }
    return text
  }
}
