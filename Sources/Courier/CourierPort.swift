internal import CSockets
public import Sharing

/// abld's side of the socket: an exchange behind a courier.
///
/// It listens, and has one courier at a time: a process of a user that may be it. Any user may connect,
/// and is sent away. It is to be polled: `descriptors`, then `serve`.
public final class CourierPort: Exchange {
  private let listener: CInt
  private let users: Set<UInt32>
  private var stream: FrameStream?
  private var origin: Origin?
  /// Is called with each message that the courier hands on.
  public var onMessage: ((Topic, [UInt8]) -> Void)?
  /// Is called when a courier, or one of its brokers, is there: all is to be told then.
  public var onConnect: (() -> Void)?
  /// How the brokers are doing, in the order of the courier's configuration.
  public private(set) var brokers: [ExchangeStatus] = []
  /// The version of the courier.
  public private(set) var release = ""

  /// How many brokers a courier may tell of.
  static let mostBrokers = 8

  /// Listens; nil if that isn't possible, `errno` says why.
  ///
  /// - Parameter users: whose processes may be the courier.
  public init?(path: String, users: Set<UInt32>) {
    listener = unsafe csockets_listen(path, 0o666)
    self.users = users
    guard listener >= 0 else { return nil }
  }

  deinit { if listener >= 0 { close(listener) } }

  /// What to wait for, and whether for room to write, too.
  public var descriptors: [(descriptor: CInt, isWriting: Bool)] {
    [(listener, false)] + (stream.map { [($0.descriptor, $0.isWaiting)] } ?? [])
  }

  /// Takes and gives what it can, without waiting.
  public func serve() {
    welcome()
    guard let stream else { return }
    stream.flush()
    for frame in stream.read() { take(frame) }
    guard stream.isOver else { return }
    self.stream = nil
    brokers = []
  }

  /// A new courier takes the place of the old one, which may hang.
  private func welcome() {
    // Peers that aren't meant are sent away many at a time: a crowd doesn't keep the courier out.
    for _ in 0..<64 {
      let descriptor = csockets_accept(listener)
      guard descriptor >= 0 else { return }
      let candidate = FrameStream(descriptor)
      let user = csockets_peer_user(descriptor)
      guard user >= 0, users.contains(UInt32(truncatingIfNeeded: user)) else { continue }
      stream = candidate
      (brokers, release) = ([], "")
      if let origin { candidate.send(.join(origin)) }
      onConnect?()
    }
  }

  /// Whether a courier is there.
  public var hasCourier: Bool { stream != nil }

  private func take(_ frame: Frame) {
    switch frame {
    case .message(let topic, let message): onMessage?(topic, message)
    case .hello(let release): self.release = release
    case .status(let broker, let status):
      guard broker < Self.mostBrokers else { return }
      while brokers.count <= broker { brokers.append(ExchangeStatus(.disconnected)) }
      let isNew = status.state == .connected && brokers[Int(broker)].state != .connected
      brokers[Int(broker)] = status
      if isNew { onConnect?() }
    // A courier has nothing of this kind to say.
    case .join, .put, .announce, .count, .fetch: stream = nil
    }
  }

  public func connect(as origin: Origin) {
    self.origin = origin
    stream?.send(.join(origin))
  }

  public func put(_ message: [UInt8], under topic: Topic) {
    guard topic.origin == origin, topic.isRetained else { return }
    stream?.send(.put(topic.kind, shard: topic.shard, message))
  }

  public func announce(_ message: [UInt8], as kind: Topic.Kind) {
    stream?.send(kind == .count ? .count(message) : .announce(message))
  }

  public func fetch(_ what: FleetMap.Fetch) { stream?.send(.fetch(what)) }

  public var status: ExchangeStatus {
    guard stream != nil else {
      return ExchangeStatus(.disconnected, trouble: "no courier is there")
    }
    let best = brokers.first { $0.state == .connected } ?? brokers.first
    return best ?? ExchangeStatus(.connecting)
  }
}
