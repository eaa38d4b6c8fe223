internal import BlockList
public import Platform
public import Sharing
public import Text

/// `lists` in `db_home`: the lists of others that `ablctl` has imported, a file each.
public struct ListDirectory {
  let path: Path

  /// - Parameter home: `db_home`.
  public init(in home: Path) { path = home.appending("lists") }

  private static let (stem, draft): (String, Path) = ("list-", "draft")

  /// Why one can't be used.
  public struct Flaw: Error, Sendable {
    public let message: Text
  }

  /// What the system knows of the directory: it differs once a list was put there or removed.
  var fingerprint: [UInt64]? { (try? File(path, .directory).status)?.fingerprint }

  /// The lists, by their names, and what is wrong with those that can't be used. Those that have ended
  /// and aren't removed yet take no place of one that holds; the first of them are read.
  public func read(at now: UInt32) -> (lists: [AdviceList], flaws: [Flaw]) {
    var (lists, flaws): ([AdviceList], [Flaw]) = ([], [])
    var (holding, ended) = (0, 0)
    guard let directory = try? File(path, .directory),
      let names = try? directory.names(beginningWith: Array(Self.stem.utf8))
    else { return ([], []) }
    for name in names.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
      guard let origin = Origin(list: name.bytes.dropFirst(Self.stem.utf8.count)) else { continue }
      do throws(Flaw) {
        guard holding < AdviceList.mostLists else {
          throw flaw(of: name, "is one more than \(AdviceList.mostLists) lists")
        }
        let list = try list(origin, name, directory)
        if list.until > now { holding += 1 } else { ended += 1 }
        if list.until > now || ended <= AdviceList.mostLists { lists.append(list) }
      } catch { flaws.append(error) }
    }
    return (lists, flaws)
  }

  private func list(
    _ origin: Origin, _ name: Path, _ directory: borrowing File
  ) throws(Flaw) -> AdviceList {
    let (status, bytes): (FileStatus, [UInt8])
    do throws(SystemError) {
      let file = try File(name, in: directory, .read)
      (status, bytes) = (try file.status, try file.read(AdviceList.longestFile + 1))
    } catch { throw Flaw(message: error.message) }
    guard status.isTrustworthyFile else { throw flaw(of: name, "may be another user's") }
    guard let list = AdviceList(origin, decoding: bytes) else {
      throw flaw(of: name, "is no list that was imported")
    }
    return list
  }

  private func flaw(of name: Path, _ what: String) -> Flaw {
    Flaw(message: "'" + path.appending(name).text + "' " + Text(Array(what.utf8)))
  }
}

extension ListDirectory {
  /// Keeps a list, in place of the one of that name; both survive a power cut.
  public func put(_ list: AdviceList) throws(SystemError) {
    let directory = try File.directory(creating: path)
    try directory.remove(Self.draft)
    let file = try File(Self.draft, in: directory, .readWrite, creating: true)
    try file.write(list.encoded, at: 0)
    try file.synchronize()
    try directory.rename(Self.draft, to: Self.name(of: list.origin))
    try directory.synchronize()
  }

  /// Ends a list; nothing happens if there is none of that name.
  public func remove(_ origin: Origin) throws(SystemError) {
    let directory: File
    do throws(SystemError) { directory = try File(path, .directory) } catch {
      guard error.isAbsence else { throw error }
      return
    }
    try directory.remove(Self.name(of: origin))
    try directory.synchronize()
  }

  private static func name(of origin: Origin) -> Path {
    Path(Array(stem.utf8) + origin.listName)
  }
}
