import Orders
import Testing

@testable import Daemon
@testable import Sharing

@Suite("Orders that wait to be looked at") struct WaitingOrdersTests {
  private func order(_ number: Int, size: Int) -> SignedOrder {
    SignedOrder(
      text: Array("order \(number)".utf8), signature: [UInt8](repeating: 7, count: size))
  }

  private func origin(_ number: Int) -> Origin { Origin("x\(number)")! }

  /// After how many turns an order of this machine is there.
  private func turns(_ waiting: WaitingOrders, until origin: Origin) -> Int? {
    var (waiting, turns) = (waiting, 0)
    while let next = waiting.next() {
      turns += 1
      if next.origin == origin { return turns }
    }
    return nil
  }

  @Test("of machines that are made up take 4 MiB at most, and leave one that is honest its turn")
  func flood() {
    var waiting = WaitingOrders()
    for number in 0..<20_000 {
      for place in 0..<2 { waiting.add(order(place, size: 8000), from: origin(number)) }
    }
    #expect(waiting.size <= 4 << 20 && waiting.size > 3 << 20)
    waiting.add(order(0, size: 400), from: Origin("honest")!)
    #expect(waiting.size <= 4 << 20)
    let turns = turns(waiting, until: Origin("honest")!)
    #expect(turns ?? .max <= (4 << 20) / 8000)
  }

  @Test("of one machine are 256 at most, and make room for those of another")
  func one() {
    var waiting = WaitingOrders()
    for number in 0..<1000 { waiting.add(order(number, size: 100), from: origin(1)) }
    for number in 0..<1000 { waiting.add(order(number, size: 9000), from: origin(number % 2 * 2)) }
    for place in 0..<5 { waiting.add(order(place, size: 9000), from: origin(3)) }
    #expect(waiting.size <= 4 << 20)
    var taken: [Origin: [SignedOrder]] = [:]
    while let (origin, order) = waiting.next() { taken[origin, default: []].append(order) }
    #expect(taken[origin(1)] == (0..<256).map { order($0, size: 100) })
    #expect(taken[origin(3)] == (0..<5).map { order($0, size: 9000) }, "in their order")
    #expect(waiting.size == 0 && waiting.next() == nil)
  }

  @Test("are of as many machines as there may be in the map, and each once")
  func machines() {
    var waiting = WaitingOrders()
    for number in 0..<6000 {
      for _ in 0..<2 { waiting.add(order(0, size: 10), from: origin(number)) }
    }
    var count = 0
    while waiting.next() != nil { count += 1 }
    #expect(count == FleetMap.mostOrigins && waiting.size == 0)
  }
}
