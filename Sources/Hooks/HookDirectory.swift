internal import Glibc
internal import News

/// A program that is run for events.
public struct Hook: Equatable, Sendable {
  public let path: String
  public let name: String
  public let kind: Kind

  /// For which events.
  public enum Kind: Sendable {
    case all
    /// When a block of a host or a network begins (`NAME.deny`), or ends (`NAME.purge`).
    case deny, purge
  }

  init(path: String, name: String) {
    (self.path, self.name) = (path, name)
    kind = name.hasSuffix(".deny") ? .deny : name.hasSuffix(".purge") ? .purge : .all
  }

  func wants(_ item: NewsItem) -> Bool {
    switch kind {
    case .all: true
    case .deny: item.event == .began && item.origin != nil
    case .purge: item.event == .ended && item.origin != nil
    }
  }
}

/// The directory of hooks: what in it is run, and what isn't.
public struct HookDirectory: Equatable, Sendable {
  public private(set) var hooks: [Hook] = []
  /// What can't be trusted, and why; what isn't executable is no hook, and isn't told.
  public private(set) var refusals: [String] = []

  /// Where it is unless another directory is named.
  public static let usualPath = "/etc/abl/hooks.d"
  /// What is beyond that isn't run.
  static let most = 32

  /// Reads it; one that isn't there has no hooks.
  public init(_ path: String) {
    guard let directory = unsafe opendir(path) else { return }
    defer { unsafe closedir(directory) }
    if let objection = Self.objection(to: path, isDirectory: true) {
      refusals = ["no hook is run: \(objection)"]
      return
    }
    for name in unsafe Self.names(in: directory).sorted() where Self.isMeant(name) {
      take("\(path)/\(name)", name)
    }
  }

  private static func names(in directory: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = unsafe readdir(directory), names.count < 1000 {
      unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe names.append(String(cString: $0))
        }
      }
    }
    return names
  }

  /// As run-parts(8) has it: what an editor or a package leaves behind is none.
  private static func isMeant(_ name: String) -> Bool {
    !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
          || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
      }
  }

  private mutating func take(_ path: String, _ name: String) {
    guard unsafe access(path, X_OK) == 0, Self.isFile(path) else { return }
    if let objection = Self.objection(to: path, isDirectory: false) {
      return refusals.append("'\(path.shown)' is not run: \(objection)")
    }
    guard hooks.count < Self.most else {
      return refusals.append("'\(path.shown)' is not run: there are \(Self.most) before it")
    }
    hooks.append(Hook(path: path, name: name))
  }

  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Why it can't be trusted: root has to own it and each directory above it, and no other user may
  /// be able to put another file there. Of a link that goes for the link and for what it leads to.
  private static func objection(to path: String, isDirectory: Bool) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return NewsError.reason }
    defer { unsafe free(resolved) }
    let target = unsafe String(cString: resolved)
    return objection(along: path, isDirectory)
      ?? (target == path ? nil : objection(along: target, isDirectory))
  }

  private static func objection(along path: String, _ isDirectory: Bool) -> String? {
    var (place, isWhole) = (path, true)
    while true {
      var status = stat()
      guard unsafe lstat(place, &status) == 0 else { return NewsError.reason }
      guard status.st_uid == 0 else { return "'\(place.shown)' isn't root's" }
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      let isSticky = status.st_mode & S_ISVTX != 0 && !isWhole
      if !isLink, status.st_mode & 0o022 != 0, !isSticky {
        return "others may write to '\(place.shown)'"
      }
      guard place != "/", let slash = place.lastIndex(of: "/") else { return nil }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
      isWhole = false
    }
  }
}
