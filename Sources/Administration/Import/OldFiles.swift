internal import CSystem
internal import Platform
internal import Policy

/// A database of pam_abl.
struct OldDatabase: Equatable {
  let path: Path
  let kind: Kind
  /// Whether the file is not the database but what a program has printed of it.
  let isDump: Bool
}

/// Where pam_abl has its databases.
struct OldFiles {
  /// As `host_db` and `user_db` name them; relative ones are in `db_home`.
  private var configured: [(kind: Kind, path: Path)] = []
  private static let usual: [(kind: Kind, name: Path)] = [
    (.host, "hosts.db"), (.host, "host"), (.host, "host.kch"),
    (.user, "users.db"), (.user, "user"), (.user, "user.kch"),
  ]

  /// - Parameter config: was read for `configuration`, which doesn't keep these two.
  init(_ config: Path, _ configuration: Configuration) {
    guard var lines = try? LineReader(config, longest: 64 << 10) else { return }
    let home = Path(configuration.databaseHome.bytes)
    while let line = try? lines.next() {
      for (key, kind) in [("host_db", Kind.host), ("user_db", .user)] {
        guard let value = Self.value(of: key, in: line.text), !value.isEmpty else { continue }
        let path = Path(value)
        configured.append((kind, path.isAbsolute ? path : home.appending(path)))
      }
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

  /// What there is at `place`, hosts first; nil if it is one database and nothing tells of which
  /// kind.
  ///
  /// - Throws: a `Failure` if there is none.
  func databases(at place: Path, _ kind: Kind?, isDump: Bool) throws -> [OldDatabase]? {
    guard isDirectory(place) else {
      let known = kind ?? self.kind(of: place)
      return known.map { [OldDatabase(path: place, kind: $0, isDump: isDump)] }
    }
    let inPlace = configured.map { ($0.kind, place.appending(Path($0.path.name))) }
    let usual = Self.usual.map { ($0.kind, place.appending($0.name)) }
    var found: [OldDatabase] = []
    for (ofKind, path) in inPlace + usual where kind == nil || kind == ofKind {
      let database = OldDatabase(path: path, kind: ofKind, isDump: isDump)
      if path.exists, !found.contains(database) { found.append(database) }
    }
    guard !found.isEmpty else {
      throw Failure(message: "no database of pam_abl is in '\(Name(place.bytes).shown)'")
    }
    return found.filter { $0.kind == .host } + found.filter { $0.kind == .user }
  }

  private func kind(of path: Path) -> Kind? {
    if let known = configured.first(where: { $0.path == path }) { return known.kind }
    if path.name.starts(with: "host".utf8) { return .host }
    return path.name.starts(with: "user".utf8) ? .user : nil
  }

  private func isDirectory(_ path: Path) -> Bool {
    var status = stat()
    guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else { return false }
    return unsafe csystem_is_directory(&status) != 0
  }
}

extension Path {
  /// Without its directory.
  fileprivate var name: ArraySlice<UInt8> {
    bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
  }

  fileprivate var exists: Bool { unsafe withCString { unsafe access($0, F_OK) } == 0 }
}
