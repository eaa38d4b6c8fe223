import Testing

@testable import Sharing

/// What a hostile broker says of the machine that reads it.
@Suite("An own log that others forge has little told anew") struct OwnEpochTests {
  private let broker = MemoryBroker()
  private let exchange: MemoryExchange
  private let node: FleetNode
  private static let (name, now): (Origin, UInt32) = (Origin("m1")!, 1_800_000_000)
  private static let epoch = UInt64(now) * 1_000_000_000

  init() {
    exchange = MemoryExchange(broker)
    node = FleetNode(Self.name, epoch: Self.epoch, release: "", exchange: exchange)
    for number in 0..<50 as Range<UInt32> {
      node.block(
        Record(.block, .v4(number), failures: 1, made: Self.now, until: Self.now + 90_000))
    }
    node.connected(at: Self.now)
    exchange.inbox = []
  }

  /// How many messages are sent within a minute, while such epochs are told each second.
  private func sent(_ epoch: (UInt32) -> UInt64) -> Int {
    let before = exchange.status.sent
    for second in 0..<60 as Range<UInt32> {
      let stamp = Stamp(Self.name, epoch: epoch(second), sent: Self.now)
      let head = Head(stamp, base: 0, versions: Array(repeating: 0, count: 16), tail: [])
      exchange.onMessage?(Topic(.head, Self.name), Message.head(head).encoded)
      for part in 0..<4 as Range<UInt64> {
        node.tick(
          at: Self.now + second, milliseconds: UInt64(second) * 1000 + part * 250, chance: 1)
      }
      exchange.inbox = []
    }
    return exchange.status.sent - before
  }

  @Test(
    "of a time that can't be: nothing is",
    arguments: [.max, .max - 1, epoch + 90_000 * 1_000_000_000])
  func farFuture(forged: UInt64) {
    #expect(sent { _ in forged } <= 2)
    #expect(node.log.epoch == Self.epoch)
  }

  @Test("and of another time each second: once a minute")
  func rising() {
    // Documents, head and announcement, and what a silent machine says each minute.
    #expect(sent { Self.epoch + 1000 + UInt64($0) } <= 18 + 2)
    #expect(node.log.epoch > Self.epoch)
  }

  @Test("but a log that may have been there before is outrun")
  func before() {
    let other = Self.epoch + 80_000 * 1_000_000_000
    _ = sent { _ in other }
    #expect(node.log.epoch == other + 1)
  }

  @Test("what can't be outrun is told to be so")
  func last() {
    var log = OriginLog(Self.name, epoch: 5)
    #expect(!log.outrun(4) && !log.outrun(.max) && log.epoch == 5)
    #expect(log.outrun(5) && log.epoch == 6)
  }
}
