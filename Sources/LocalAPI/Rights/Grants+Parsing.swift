internal import Policy

/// What is wrong with the value of `report` or `look`: lower case, no full stop.
public struct GrantError: Error, Equatable, Sendable {
  public let message: String
}

extension Grants {
  /// Adds what the value of `report` says: `www-data:nginx,apache2; dovecot:dovecot`.
  ///
  /// - Parameter number: of a user by its name; nil if there is no such user.
  public mutating func addReporters(
    _ value: String, number: (String) -> UInt32?
  ) throws(GrantError) {
    for entry in Self.entries(of: value) {
      let parts = entry.split(separator: ":", maxSplits: 1).map { Self.trimmed($0) }
      guard parts.count == 2 else {
        throw GrantError(message: "expected USER:SERVICE[,SERVICE...], not '\(entry)'")
      }
      let user = try Self.user(parts[0], number)
      let services = parts[1].split(separator: ",").map { Self.trimmed($0) }
      guard !services.isEmpty, services.allSatisfy({ Self.isServiceName($0) }) else {
        throw GrantError(message: "'\(parts[0])' needs the names of services behind the colon")
      }
      for service in services { allow(user, toReportFor: Name(Array(service.utf8))) }
    }
  }

  /// Adds what the value of `look` says: `prometheus; alice`.
  public mutating func addLookers(
    _ value: String, number: (String) -> UInt32?
  ) throws(GrantError) {
    for entry in Self.entries(of: value) { allowToLook(try Self.user(entry, number)) }
  }

  private static func user(
    _ name: String, _ number: (String) -> UInt32?
  ) throws(GrantError) -> UInt32 {
    guard let user = UInt32(name) ?? number(name) else {
      throw GrantError(message: "there is no user '\(name)'")
    }
    return user
  }

  private static func entries(of value: String) -> [String] {
    value.split(separator: ";").map { trimmed($0) }.filter { !$0.isEmpty }
  }

  private static func trimmed(_ text: Substring) -> String {
    let inner = text.drop { $0.isWhitespace }
    return String(inner.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func isServiceName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}

extension Grants {
  /// The number of a user by its name, as the system tells it; this may take long.
  public static func systemNumber(_ name: String) -> UInt32? { Accounts.number(of: name) }
}
