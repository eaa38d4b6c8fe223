public import Platform

/// The names that pam_abl's databases have: of the hosts, and of the users.
public struct OldNames: Sendable {
  /// As `host_db` and `user_db` name them; relative ones are in `home`.
  private var configured: [(side: Side, path: Path)] = []
  private let home: Path

  /// What a database has records of.
  public enum Side: Sendable {
    case host, user
  }

  private static let usual: [(side: Side, name: Path)] = [
    (.host, "hosts.db"), (.host, "host"), (.host, "host.kch"),
    (.user, "users.db"), (.user, "user"), (.user, "user.kch"),
  ]

  /// - Parameter home: the `db_home` of the configuration.
  public init(in home: Path) { self.home = home }

  /// Takes a line of the configuration.
  public mutating func read(_ line: ArraySlice<UInt8>) {
    for (key, side) in [("host_db", Side.host), ("user_db", .user)] {
      guard let value = Self.value(of: key, in: line), !value.isEmpty else { continue }
      let path = Path(value)
      configured.append((side, path.isAbsolute ? path : home.appending(path)))
    }
  }

  private static func value(of key: String, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
    let text = line.prefix { $0 != UInt8(ascii: "#") }.drop(while: isBlank)
    guard text.starts(with: key.utf8) else { return nil }
    let rest = text.dropFirst(key.utf8.count).drop(while: isBlank)
    guard rest.first == UInt8(ascii: "=") else { return nil }
    let value = rest.dropFirst().drop(while: isBlank)
    let end = value.lastIndex { !isBlank($0) }
    return end.map { value[...$0] } ?? []
  }

  /// Each file that may be one in a directory, those that the configuration names first.
  public func files(in directory: Path) -> [(side: Side, path: Path)] {
    configured.map { ($0.side, directory.appending(Path($0.path.name))) }
      + Self.usual.map { ($0.side, directory.appending($0.name)) }
  }

  /// What a database has by its name; nil if that tells nothing.
  public func side(of path: Path) -> Side? {
    if let known = configured.first(where: { $0.path == path }) { return known.side }
    if path.name.starts(with: "host".utf8) { return .host }
    return path.name.starts(with: "user".utf8) ? .user : nil
  }
}

extension Path {
  /// Without its directory.
  fileprivate var name: ArraySlice<UInt8> {
    bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
  }
}
