import Foundation
import Harness

extension RunningDaemon {
  /// Waits until both its threads watch what they watch: that of the fleet may begin late.
  func awaitWatches() throws {
    try waitUntil("abld watches its store, and its lists") {
      try descriptors().values.count { $0 == "anon_inode:inotify" } == 2
    }
  }

  /// What it has open, by number: a path, or what else the kernel says of it. Timers are left out:
  /// libdispatch has one for each of its clocks, from when that is first used.
  func descriptors() throws -> [Int: String] {
    let directory = "/proc/\(id)/fd"
    let sockets = try sockets()
    var found: [Int: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      // It may have been closed meanwhile.
      guard let number = Int(name),
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "\(directory)/\(name)")
      else { continue }
      guard target != "anon_inode:[timerfd]" else { continue }
      found[number] = sockets[target] ?? target
    }
    return found
  }

  /// What kind of a socket each is that its network has, by the name that /proc gives it.
  private func sockets() throws -> [String: String] {
    func rows(_ name: String) throws -> [[Substring]] {
      try String(contentsOfFile: "/proc/\(id)/net/\(name)", encoding: .utf8)
        .split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
    }
    var kinds: [String: String] = [:]
    for row in try rows("unix") where row.count >= 7 {
      let type = ["0001": "stream", "0002": "datagram"][row[4]] ?? String(row[4])
      kinds["socket:[\(row[6])]"] = "unix \(type) " + row.dropFirst(7).joined(separator: " ")
    }
    for row in try rows("netlink") where row.count >= 10 {
      kinds["socket:[\(row[9])]"] = "netlink \(row[1])"
    }
    return kinds
  }
}
