/// A broker in memory: it keeps what is to be kept, as the real one does, and lets a machine write
/// under its own name only.
public final class MemoryBroker {
  private var kept: [Topic: [UInt8]] = [:]
  private var members: [MemoryExchange] = []

  public init() {}

  /// What it holds: to be brought back later, as an old file of a real one is.
  public var file: [Topic: [UInt8]] {
    get { kept }
    set { kept = newValue }
  }

  fileprivate func join(_ member: MemoryExchange) {
    if !members.contains(where: { $0 === member }) { members.append(member) }
  }

  fileprivate func leave(_ member: MemoryExchange) { members.removeAll { $0 === member } }

  fileprivate func take(_ message: [UInt8], _ topic: Topic, from origin: Origin) -> Bool {
    guard topic.origin == origin else { return false }
    if topic.isRetained { kept[topic] = message }
    // Orders are subscribed to always, counts by those that sum; heads and documents only while they
    // are fetched.
    switch topic.kind {
    case .live, .order: for member in members { member.deliver(topic, message) }
    case .count: for member in members where member.isCounting { member.deliver(topic, message) }
    case .head, .state: break
    }
    return true
  }

  fileprivate func messages(for fetch: FleetMap.Fetch) -> [(Topic, [UInt8])] {
    let chosen = kept.filter { topic, _ in
      switch fetch {
      case .allHeads: topic.kind == .head
      case .head(let origin): topic.kind == .head && topic.origin == origin
      case .documents(let origin): topic.kind == .state && topic.origin == origin
      case .allOrders: topic.kind == .order
      case .allCounts: false
      }
    }
    return chosen.map { ($0.key, $0.value) }.sorted { $0.0.text < $1.0.text }
  }
}

/// A machine's way to a `MemoryBroker`, for tests and simulations: messages wait until they are
/// delivered, so a test can lose, double and exchange them.
public final class MemoryExchange: Exchange {
  private let broker: MemoryBroker
  private var origin: Origin?
  /// Whether messages come and go.
  public private(set) var isConnected = false
  fileprivate var isCounting = false
  /// What has arrived, and waits.
  public var inbox: [(Topic, [UInt8])] = []
  public var onMessage: ((Topic, [UInt8]) -> Void)?
  private var counts = ExchangeStatus(.disconnected)

  public init(_ broker: MemoryBroker) { self.broker = broker }

  public func connect(as origin: Origin) {
    (self.origin, isConnected) = (origin, true)
    broker.join(self)
  }

  /// The connection is cut: what is under way is lost.
  public func disconnect() {
    (isConnected, isCounting) = (false, false)
    inbox = []
    broker.leave(self)
  }

  public func put(_ message: [UInt8], under topic: Topic) { send(message, topic) }

  public func announce(_ message: [UInt8], as kind: Topic.Kind) {
    guard let origin else { return }
    send(message, Topic(kind, origin))
  }

  private func send(_ message: [UInt8], _ topic: Topic) {
    guard isConnected, let origin else { return }
    counts.sent += 1
    if !broker.take(message, topic, from: origin) { counts.denied += 1 }
  }

  public func fetch(_ what: FleetMap.Fetch) {
    guard isConnected else { return }
    if what == .allCounts { isCounting = true }
    inbox += broker.messages(for: what)
  }

  fileprivate func deliver(_ topic: Topic, _ message: [UInt8]) { inbox.append((topic, message)) }

  /// Hands over what waits at `position`.
  public func handOver(at position: Int) {
    let (topic, message) = inbox.remove(at: position)
    counts.received += 1
    onMessage?(topic, message)
  }

  public var status: ExchangeStatus {
    var status = counts
    status.state = isConnected ? .connected : .disconnected
    return status
  }
}
