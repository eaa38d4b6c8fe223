import Glibc
import Policy
import Sharing

/// A machine of a swarm: its part in the fleet, and its way to the brokers.
final class Member: Exchange {
  let origin: Origin
  fileprivate(set) var connections: [Connection] = []
  var onMessage: ((Topic, [UInt8]) -> Void)?
  /// How many orders it has heard of.
  var orders: Set<[UInt8]> = []
  private(set) lazy var node = FleetNode(
    origin, epoch: UInt64(seconds()) * 1_000_000_000, release: "fleetswarm", exchange: self)
  var status: ExchangeStatus { ExchangeStatus(.connected) }

  init(_ origin: Origin) { self.origin = origin }

  func connect(as origin: Origin) {}
  func put(_ message: [UInt8], under topic: Topic) {
    for one in connections { one.publish(message, topic, isKept: true) }
  }
  func announce(_ message: [UInt8], as kind: Topic.Kind) {
    for one in connections { one.publish(message, Topic(kind, origin), isKept: false) }
  }
  /// All heads it never asks for: a thousand of a thousand in one process would be what is measured.
  func fetch(_ what: FleetMap.Fetch) {
    for one in connections {
      switch what {
      case .head(let origin): one.fetch("head/\(origin.text)")
      case .documents(let origin): one.fetch("state/\(origin.text)/+")
      case .allHeads, .allOrders, .allCounts: break
      }
    }
  }
}

/// Many machines in one thread.
final class Swarm {
  let members: [Member]
  private let connections: [Connection]
  private var lastKept: UInt64 = 0

  init(
    _ count: Int, hearing: Bool, at places: [(host: String, port: Int32)], authority: String,
    directory: String
  ) throws {
    members = (0..<count).map { Member(Origin("s\($0)")!) }
    for member in members {
      member.connections = try places.map { place in
        let stem = "\(directory)/\(member.origin.text)"
        return try Connection(member.origin, at: place, authority: authority, stem: stem) {
          [unowned member] topic, message in member.onMessage?(topic, message)
        }
      }
      member.node.onOrders = { [unowned member] _, orders in member.orders.formUnion(orders) }
    }
    connections = members.flatMap(\.connections)
    let end = milliseconds() + 120_000
    while !connections.allSatisfy(\.isConnected) {
      guard milliseconds() < end else { throw Connection.Failure() }
      work()
    }
    // They begin before any hears: all that a thousand say of themselves to a thousand at once would
    // be a million messages, in one process.
    for member in members { member.node.connected(at: seconds()) }
    settle(milliseconds: 2000)
    guard hearing else { return }
    for one in connections { for kind in ["live", "order"] { one.subscribe(kind + "/+") } }
    settle(milliseconds: 2000)
  }

  /// Works for so long.
  private func settle(milliseconds time: UInt64) {
    let end = milliseconds() + time
    while milliseconds() < end { work() }
  }

  /// Does what is due, for 20 ms at most if there is nothing.
  ///
  /// - Parameter more: a descriptor that ends the wait.
  func work(_ more: Int32 = -1) {
    var waits = connections.map { one in
      let events = one.isWriting ? POLLIN | POLLOUT : POLLIN
      return pollfd(fd: one.socket, events: Int16(events), revents: 0)
    }
    waits.append(pollfd(fd: more, events: Int16(POLLIN), revents: 0))
    poll(&waits, nfds_t(waits.count), 5)
    for (one, wait) in zip(connections, waits) {
      if wait.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0 { one.read() }
      if wait.revents & Int16(POLLOUT) != 0 { one.write() }
    }
    let now = milliseconds()
    if now > lastKept + 1000 {
      lastKept = now
      for one in connections { one.keepAlive() }
    }
    for member in members where member.node.delay(at: now) == 0 {
      member.node.tick(at: seconds(), milliseconds: now, chance: .random(in: 0 ... .max))
    }
  }
}

func seconds() -> UInt32 { UInt32(time(nil)) }

func milliseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
}
