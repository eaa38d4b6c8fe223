internal import CLinux
public import Text

/// Why the kernel's firewall can't be used, or couldn't be asked.
public struct FirewallError: Error, Equatable, Sendable {
  /// What was tried, as a phrase: "add the blocks".
  public let action: Text
  /// The `errno` of the kernel's answer.
  public let number: Int32

  init(_ action: Text, _ number: Int32) { (self.action, self.number) = (action, number) }

  static func last(_ action: Text) -> FirewallError { FirewallError(action, clinux_errno()) }

  /// "cannot add the blocks to the kernel's firewall: Operation not permitted (…)"
  public var message: Text {
    "cannot \(action) in the kernel's firewall: \(reason)\(advice)"
  }

  /// Whether the kernel has no nf_tables, or this process may not use it: it will hardly change soon.
  public var isLasting: Bool { isDenial || isMissing }

  var isDenial: Bool { number == EPERM || number == EACCES }

  private var isMissing: Bool {
    [EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT, ENOSYS].contains(number)
  }

  /// Whether the table, the set or the element isn't there.
  var isAbsence: Bool { number == ENOENT }

  /// Whether the set has no room.
  var isFull: Bool { number == ENFILE }

  /// Whether the batch was longer than the socket takes.
  var isTooLong: Bool { number == EMSGSIZE }

  /// Whether answers were lost, or didn't come: what holds now isn't known.
  var isUnknown: Bool { number == ENOBUFS || number == ETIMEDOUT }

  private var reason: Text {
    if isFull { return "the set is full" }
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe Text(cString: text)
  }

  private var advice: Text {
    if isDenial { return "; it takes CAP_NET_ADMIN" }
    return isMissing ? "; the kernel has no nf_tables, or a container withholds it" : ""
  }
}
