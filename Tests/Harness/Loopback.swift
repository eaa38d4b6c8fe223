import Foundation
import Synchronization

/// Ports of 127.0.0.1 for the servers of a test.
public enum Loopback {
  /// Below the ports that Linux gives to clients (`ip_local_port_range`, 32768 and more), so that no
  /// client takes one before its server listens.
  private static let range = 10_000..<32_000

  /// Those that were given in this process: a server may not listen yet, or be down for a while.
  private static let given = Mutex<Set<Int>>([])

  /// Ports that are free at this moment, none of them twice in a process. They are drawn by lot, for
  /// tests of other processes draw at the same time.
  public static func freePorts(_ count: Int) -> [Int] {
    given.withLock { given in
      var ports: [Int] = []
      while ports.count < count {
        let port = Int.random(in: range)
        if isFree(port), given.insert(port).inserted { ports.append(port) }
      }
      return ports
    }
  }

  public static var freePort: Int { freePorts(1)[0] }

  private static func isFree(_ port: Int) -> Bool {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(probe, $0, length) == 0 }
    }
  }
}
