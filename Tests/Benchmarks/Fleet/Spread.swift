import Policy
import Sharing

/// Machines that count together, by a clock and a network that are made up: what one tells, all others
/// hear 50 ms later. The nodes, their messages, sums and policy are the real ones.
private final class Hub {
  private(set) var clock: UInt64 = 0
  private var under: [(due: UInt64, topic: Topic, message: [UInt8])] = []
  var members: [Counter] = []

  static let delay: UInt64 = 50
  static let start: UInt32 = 1_800_000_000

  var now: UInt32 { Self.start + UInt32(clock / 1000) }

  func post(_ message: [UInt8], from origin: Origin) {
    under.append((clock + Self.delay, Topic(.count, origin), message))
  }

  /// Lets time pass, in steps of 10 ms.
  func advance(to end: UInt64, _ heard: (Counter) -> Void = { _ in }) {
    while clock < end {
      clock += 10
      for member in members where member.node.delay(at: clock) == 0 {
        member.node.tick(at: now, milliseconds: clock, chance: 1)
      }
      let arrived = under.prefix { $0.due <= clock }
      under.removeFirst(arrived.count)
      guard !arrived.isEmpty else { continue }
      for member in members {
        for (_, topic, message) in arrived where topic.origin != member.origin {
          member.onMessage?(topic, message)
        }
        heard(member)
      }
    }
  }
}

private final class Counter: Exchange {
  let origin: Origin
  private unowned let hub: Hub
  var onMessage: ((Topic, [UInt8]) -> Void)?
  private(set) lazy var node = FleetNode(
    origin, epoch: 1, release: "", counting: rule, exchange: self)
  private let rule: FleetRule
  /// When it refuses the guesser, by the hub's clock.
  var knows: UInt64?

  init(_ name: String, _ rule: FleetRule, _ hub: Hub) {
    (origin, self.rule, self.hub) = (Origin(name)!, rule, hub)
  }

  func connect(as origin: Origin) {}
  func put(_ message: [UInt8], under topic: Topic) {}
  func announce(_ message: [UInt8], as kind: Topic.Kind) {
    if kind == .count { hub.post(message, from: origin) }
  }
  func fetch(_ what: FleetMap.Fetch) {}
  var status: ExchangeStatus { ExchangeStatus(.connected) }
}

/// One guess on each of so many machines, by a guesser that makes `rate` a second; before, each machine
/// has counted a guess of somebody else.
func spread(_ machines: Int, rate: Int) throws -> String {
  let rule = try FleetRule(parsing: "*:10/1h")
  var policy = FleetPolicy()
  policy.rule = rule
  let hub = Hub()
  hub.members = (0..<machines).map { Counter("m\($0)", rule, hub) }
  var own: [[Prefix: BucketCounts]] = hub.members.indices.map { number in
    [Prefix(.v4(0x0B00_0000 + UInt32(number))): BucketCounts(times: [hub.now])]
  }
  for (member, counts) in zip(hub.members.shuffled(), own) {
    member.node.count(counts, at: hub.now)
    hub.advance(to: hub.clock + 10)
  }
  hub.advance(to: hub.clock + 3000)
  let guesser = Prefix(.v4(0x0A00_0001))
  let begun = hub.clock
  func look(_ member: Counter) {
    guard member.knows == nil else { return }
    let enforcement = policy.enforcement(
      of: member.node.map, counts: member.node.counts, sanctuary: Sanctuary(), at: hub.now)
    if enforcement.blocks.contains(where: { $0.prefix == guesser }) { member.knows = hub.clock }
  }
  var (judged, refused) = (0, 0)
  for (turn, number) in hub.members.indices.shuffled().enumerated() {
    hub.advance(to: begun + UInt64(turn * 1000 / rate), look)
    let member = hub.members[number]
    if member.knows != nil {
      refused += 1
      continue
    }
    judged += 1
    own[number][guesser] = BucketCounts(times: [hub.now])
    member.node.count(own[number], at: hub.now)
  }
  hub.advance(to: hub.clock + 5000, look)
  let times = hub.members.compactMap(\.knows)
  guard times.count == machines, let last = times.max() else {
    return "\(judged) judged, \(refused) refused; only \(times.count) of \(machines) know"
  }
  return "\(judged) judged, \(refused) refused; all know \(last - begun) ms after the first guess"
}
