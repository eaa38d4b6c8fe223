internal import CSystem
internal import PamAbl
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
  private var names: OldNames

  /// - Parameter config: was read for `configuration`, which doesn't keep the names of the two.
  init(_ config: Path, _ configuration: Configuration) {
    names = OldNames(in: Path(configuration.databaseHome.bytes))
    guard var lines = try? LineReader(config, longest: 64 << 10) else { return }
    while let line = try? lines.next() { names.read(line.text) }
  }

  /// What there is at `place`, hosts first; nil if it is one database and nothing tells of which
  /// kind.
  ///
  /// - Throws: a `Failure` if there is none.
  func databases(at place: Path, _ kind: Kind?, isDump: Bool) throws -> [OldDatabase]? {
    guard isDirectory(place) else {
      let known = kind ?? names.side(of: place).map { Kind($0) }
      return known.map { [OldDatabase(path: place, kind: $0, isDump: isDump)] }
    }
    var found: [OldDatabase] = []
    for (side, path) in names.files(in: place) where kind == nil || kind == Kind(side) {
      let database = OldDatabase(path: path, kind: Kind(side), isDump: isDump)
      if path.exists, !found.contains(database) { found.append(database) }
    }
    guard !found.isEmpty else {
      throw Failure(message: "no database of pam_abl is in '\(Name(place.bytes).shown)'")
    }
    return found.filter { $0.kind == .host } + found.filter { $0.kind == .user }
  }

  private func isDirectory(_ path: Path) -> Bool {
    var status = stat()
    guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else { return false }
    return unsafe csystem_is_directory(&status) != 0
  }
}

extension Kind {
  fileprivate init(_ side: OldNames.Side) {
    switch side {
    case .host: self = .host
    case .user: self = .user
    }
  }
}

extension Path {
  fileprivate var exists: Bool { unsafe withCString { unsafe access($0, F_OK) } == 0 }
}
