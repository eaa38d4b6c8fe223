import Daemon
import Harness
import Platform
import Sharing

// Lists of others, as an administrator imports them.
extension RunningDaemon {
  var lists: ListDirectory { ListDirectory(in: Path(Array(path(store).utf8))) }

  /// What it tells of lists.
  var told: FleetState? { FleetState(in: Path(Array(path("abld").utf8))) }

  func origin(_ list: String) throws -> Origin {
    guard let origin = Origin(list: Array(list.utf8)) else { throw Trouble("no name: \(list)") }
    return origin
  }

  /// Puts a list there as `ablctl import blocklist` does; its times are seconds from now.
  func put(
    _ prefixes: [String], as name: String = "drop", made: Int64 = -60, until: Int64 = 3600
  ) throws {
    let list = AdviceList(
      try origin(name), prefixes.compactMap { Sharing.Prefix(parsing: $0) },
      made: UInt32(clamping: Clock.now + made), until: UInt32(clamping: Clock.now + until))
    try lists.put(list)
  }
}
