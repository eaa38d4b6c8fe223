import Foundation

/// A machine of a test's own: a directory with a configuration, a store and what else the test puts
/// there; gone when this is.
///
/// Each kind of tests has a subclass with what is in front of the store: stacks of PAM, an abld, a
/// courier, the local API.
open class Machine: @unchecked Sendable {
  private let place: TemporaryDirectory

  /// - Parameter parent: nil is where the system has its temporary files.
  public init(in parent: URL? = nil) throws { place = try TemporaryDirectory(in: parent) }

  /// Where `run_home` is on a disk, repeated passwords are remembered elsewhere, in a file of the
  /// same tag.
  deinit {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path("run"))) ?? []
    for name in names where name.hasPrefix("in-flight-") {
      unlink("/dev/shm/abl-repeats-" + name.dropFirst("in-flight-".count))
    }
  }

  /// Its path.
  public var directory: String { place.url.path }

  /// A file in it, which need not exist.
  public func file(_ name: String) -> URL { place.file(name) }

  /// Likewise.
  public func path(_ name: String) -> String { file(name).path }

  public func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Writes a file; its mode is as it was if `mode` is nil.
  public func write(_ text: String, to name: String, mode: mode_t? = nil) throws {
    try Data(text.utf8).write(to: file(name))
    // In one step: a look at a store in another thread may change the umask for a moment.
    if let mode { chmod(path(name), mode) }
  }

  /// Writes a file that a program may read just now: it meets the old text or the new one, never half
  /// of it, and never none.
  public func replace(_ name: String, by text: String, mode: mode_t) throws {
    let draft = name + ".new"
    try write(text, to: draft, mode: mode)
    guard rename(path(draft), path(name)) == 0 else {
      throw SystemFailure(what: "cannot rename \(draft)", code: errno)
    }
  }

  /// What a file says.
  public func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
  }

  /// The lines of a file; empty ones left out.
  public func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }

  /// Makes a directory, which only its owner may enter unless `mode` says else.
  public func makeDirectory(_ name: String, mode: mode_t = 0o700) throws {
    try FileManager.default.createDirectory(at: file(name), withIntermediateDirectories: false)
    chmod(path(name), mode)
  }

  // MARK: The store

  /// The module's configuration.
  public var config: String { path("pam_abl.conf") }

  /// The name of the directory that the store is in.
  open var store: String { "db" }

  /// What the configuration says of where the store is.
  public var homes: String { "db_home = \(path(store))\nrun_home = \(path("run"))\n" }

  /// Files of damaged stores.
  public var movedAside: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: path(store))
        .filter { $0.hasPrefix("data.mdb.damaged-") }
    }
  }

  /// Writes the configuration: where the store is, and `rules`.
  public func configure(rules: String) throws {
    try write(homes + rules, to: "pam_abl.conf", mode: 0o600)
  }

  /// A file of `run_home`, by the begin of its name: a number says of which store it is.
  public func runFile(_ kind: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: path("run"))
    guard let name = names.first(where: { $0.hasPrefix(kind + "-") }) else {
      throw Overdue(what: "there is \(kind) in \(names)")
    }
    return path("run/" + name)
  }
}
