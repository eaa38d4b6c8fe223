internal import Orders
internal import Sharing

/// Orders that others pass on, and that aren't looked at yet.
///
/// Nothing of them was verified, not even which machine they are from. So they are bounded in all,
/// and each machine has its turn, and a share of the room: a flood of one holds up its own only.
struct WaitingOrders {
  private var queues: [Origin: Queue] = [:]
  private var turn: [Origin] = []
  /// How many bytes they take.
  private(set) var size = 0

  private struct Queue {
    var orders: [SignedOrder] = []
    var size = 0
  }

  /// Of one machine; machines; bytes in all.
  static let (mostOfMachine, mostMachines, mostBytes) = (256, FleetMap.mostOrigins, 4 << 20)
}

extension WaitingOrders {
  /// Puts an order behind those of its machine, unless it is there, or has no room.
  mutating func add(_ order: SignedOrder, from origin: Origin) {
    let queue = queues[origin]
    guard hasPlace(for: order, in: queue) else { return }
    let more = order.room
    while size + more > Self.mostBytes {
      // Where all is taken it has its share, at the cost of the one that has most.
      let machines = queues.count + (queue == nil ? 1 : 0)
      guard (queue?.size ?? 0) + more <= Self.mostBytes / machines,
        let largest = queues.max(by: { $0.value.size < $1.value.size })?.key
      else { return }
      if let last = queues[largest]?.orders.popLast() { remove(last, of: largest) }
    }
    if queue == nil { turn.append(origin) }
    queues[origin, default: Queue()].orders.append(order)
    queues[origin]?.size += more
    size += more
  }

  private func hasPlace(for order: SignedOrder, in queue: Queue?) -> Bool {
    guard let queue else { return queues.count < Self.mostMachines }
    return queue.orders.count < Self.mostOfMachine && !queue.orders.contains(order)
  }

  /// The next one, of the machine whose turn it is.
  mutating func next() -> (origin: Origin, order: SignedOrder)? {
    guard let origin = turn.first else { return nil }
    guard let order = queues[origin]?.orders.removeFirst() else { return nil }
    turn.removeFirst()
    turn.append(origin)
    remove(order, of: origin)
    return (origin, order)
  }

  /// Of an order that was taken out of its queue.
  private mutating func remove(_ order: SignedOrder, of origin: Origin) {
    size -= order.room
    queues[origin]?.size -= order.room
    guard queues[origin]?.orders.isEmpty == true else { return }
    queues[origin] = nil
    turn.removeAll { $0 == origin }
  }
}

extension SignedOrder {
  /// How many bytes it takes in memory, about.
  var room: Int { text.count + signature.count + 128 }
}
