public import Sharing

/// What abld and its courier tell each other over the local socket: four bytes of length, one that
/// says what it is, and the rest. docs/fleet-protocol.md has the bytes.
///
/// Neither side believes the other more than that its frames have this form: the courier talks to
/// the network.
public enum Frame: Equatable, Sendable {
  // From abld.
  case join(Origin)
  case put(Topic.Kind, shard: UInt8, [UInt8])
  case announce([UInt8])
  case count([UInt8])
  case fetch(FleetMap.Fetch)
  // From the courier.
  case hello(release: String)
  case message(Topic, [UInt8])
  case status(broker: UInt8, ExchangeStatus)

  /// The longest that a frame may be behind its length: a message, and where it belongs.
  public static let longest = Message.longest + 128

  private enum Verb: UInt8 {
    case join = 1
    case put, announce, fetch, count
    case hello = 16
    case message, status
  }
}

extension Frame {
  /// As it is sent.
  public var encoded: [UInt8] {
    let body = body
    let length = UInt32(body.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + body
  }

  private var body: [UInt8] {
    switch self {
    case .join(let origin): [Verb.join.rawValue, 1] + origin.bytes
    case .put(let kind, let shard, let message):
      [Verb.put.rawValue, kind.code, shard] + message
    case .announce(let message): [Verb.announce.rawValue] + message
    case .count(let message): [Verb.count.rawValue] + message
    case .fetch(let what): [Verb.fetch.rawValue] + what.bytes
    case .hello(let release): [Verb.hello.rawValue, 1] + release.utf8.prefix(64)
    case .message(let topic, let message):
      [Verb.message.rawValue, topic.kind.code, topic.shard, UInt8(topic.origin.bytes.count)]
        + topic.origin.bytes + message
    case .status(let broker, let status): [Verb.status.rawValue, broker] + status.bytes
    }
  }

  /// Reads what stands behind the length; nil if it is no frame.
  public init?(body: ArraySlice<UInt8>) {
    guard let first = body.first, let verb = Verb(rawValue: first) else { return nil }
    let rest = body.dropFirst()
    switch verb {
    case .join:
      guard rest.first == 1, let origin = Origin(rest.dropFirst()) else { return nil }
      self = .join(origin)
    case .put:
      guard let place = Self.place(rest), place.kind.isKept else { return nil }
      self = .put(place.kind, shard: place.shard, Array(rest.dropFirst(2)))
    case .announce: self = .announce(Array(rest))
    case .count: self = .count(Array(rest))
    case .fetch:
      guard let what = FleetMap.Fetch(rest) else { return nil }
      self = .fetch(what)
    case .hello:
      guard rest.first == 1, rest.count <= 65, rest.dropFirst().allSatisfy({ 0x20...0x7E ~= $0 })
      else { return nil }
      self = .hello(release: String(decoding: rest.dropFirst(), as: UTF8.self))
    case .message:
      guard let frame = Self.message(rest) else { return nil }
      self = frame
    case .status:
      guard let broker = rest.first, let status = ExchangeStatus(rest.dropFirst()) else {
        return nil
      }
      self = .status(broker: broker, status)
    }
  }

  private static func message(_ bytes: ArraySlice<UInt8>) -> Frame? {
    guard let place = place(bytes), let length = bytes.dropFirst(2).first,
      bytes.count >= 3 + Int(length)
    else { return nil }
    let rest = bytes.dropFirst(3)
    guard let origin = Origin(rest.prefix(Int(length))) else { return nil }
    let topic = Topic(place.kind, origin, shard: place.shard)
    guard topic.shard == place.shard else { return nil }
    return .message(topic, Array(rest.dropFirst(Int(length))))
  }

  private static func place(_ bytes: ArraySlice<UInt8>) -> (kind: Topic.Kind, shard: UInt8)? {
    guard bytes.count >= 2, let first = bytes.first, let kind = Topic.Kind(code: first),
      let shard = bytes.dropFirst().first, shard < Topic.shards
    else { return nil }
    return (kind, shard)
  }
}

extension Topic.Kind {
  fileprivate var code: UInt8 {
    switch self {
    case .live: 1
    case .head: 2
    case .state: 3
    case .order: 4
    case .count: 5
    }
  }

  fileprivate init?(code: UInt8) {
    guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = kind
  }

  fileprivate var isKept: Bool { self != .live && self != .count }
}

extension FleetMap.Fetch {
  fileprivate var bytes: [UInt8] {
    switch self {
    case .allHeads: [0]
    case .head(let origin): [1] + origin.bytes
    case .documents(let origin): [2] + origin.bytes
    case .allOrders: [3]
    case .allCounts: [4]
    }
  }

  fileprivate init?(_ bytes: ArraySlice<UInt8>) {
    let origin = Origin(bytes.dropFirst())
    switch (bytes.first, bytes.count, origin) {
    case (0, 1, _): self = .allHeads
    case (3, 1, _): self = .allOrders
    case (4, 1, _): self = .allCounts
    case (1, _, .some(let origin)): self = .head(origin)
    case (2, _, .some(let origin)): self = .documents(origin)
    default: return nil
    }
  }
}

extension ExchangeStatus {
  private static let states: [State] = [.connecting, .connected, .disconnected]

  fileprivate var bytes: [UInt8] {
    let numbers = [sent, received, denied].flatMap { number in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt32(truncatingIfNeeded: number) >> $0) }
    }
    let code = UInt8(Self.states.firstIndex(of: state) ?? 0)
    return [code] + numbers + trouble.utf8.prefix(200).map { 0x20...0x7E ~= $0 ? $0 : 0x3F }
  }

  fileprivate init?(_ bytes: ArraySlice<UInt8>) {
    guard 13...213 ~= bytes.count, let code = bytes.first, code < 3,
      bytes.dropFirst(13).allSatisfy({ 0x20...0x7E ~= $0 })
    else { return nil }
    self.init(
      Self.states[Int(code)], trouble: String(decoding: bytes.dropFirst(13), as: UTF8.self))
    let numbers = (0..<3).map { index in
      bytes.dropFirst(1 + 4 * index).prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    (sent, received, denied) = (numbers[0], numbers[1], numbers[2])
  }
}
