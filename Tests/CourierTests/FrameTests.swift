import Foundation
import Harness
import Testing

@testable import Courier
@testable import Sharing

@Suite("abld and its courier believe each other's frames only as far as they have the form of one")
struct FrameTests {
  static let origin = Origin("web-1.example.org")!
  static var status: ExchangeStatus {
    var status = ExchangeStatus(.disconnected, trouble: "certificate verify failed")
    (status.sent, status.received, status.denied) = (1, 70_000, 3)
    return status
  }

  static let frames: [Frame] = [
    .join(origin), .put(.state, shard: 15, [1, 2, 3]), .put(.head, shard: 0, []),
    .announce([UInt8](repeating: 7, count: 65_536)), .fetch(.allHeads), .fetch(.allOrders),
    .count([1, 2]), .fetch(.allCounts), .message(Topic(.count, origin), [9]),
    .fetch(.head(origin)), .fetch(.documents(origin)), .hello(release: "abl-courier 0.11"),
    .message(Topic(.state, origin, shard: 3), [9]), .message(Topic(.live, origin), []),
    .status(broker: 1, status),
  ]

  @Test("each frame is read as it was written", arguments: frames)
  func roundTrip(_ frame: Frame) {
    #expect(Frame(body: frame.encoded.dropFirst(4)) == frame)
    #expect(frame.encoded.count <= Frame.longest + 4)
  }

  @Test("whatever bytes come, a frame is read as it would be written, or not at all")
  func garbage() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<50_000 {
      var body = Array(Self.frames.randomElement(using: &random)!.encoded.dropFirst(4).prefix(200))
      for _ in 0..<Int.random(in: 0...3, using: &random) where !body.isEmpty {
        body[Int.random(in: 0..<body.count, using: &random)] = random.bytes(1)[0]
      }
      body.removeLast(Int.random(in: 0...min(3, body.count), using: &random))
      guard let frame = Frame(body: body[...]) else { continue }
      #expect(Array(frame.encoded.dropFirst(4)) == body)
    }
  }

  @Test("announcements aren't kept, and no topic has a shard that it can't have")
  func places() {
    #expect(Frame(body: [2, 1, 0, 5]) == nil)
    #expect(Frame(body: [2, 3, 16, 5]) == nil)
    #expect(Frame(body: [17, 2, 1, 2, 0x6D, 0x31]) == nil)
    #expect(Frame(body: []) == nil && Frame(body: [99]) == nil)
  }

  @Test("a text that a courier sends can't steer a terminal")
  func texts() {
    #expect(Frame(body: [16, 1, 27]) == nil)
    let escaped = Frame.status(broker: 0, ExchangeStatus(.disconnected, trouble: "a\u{1B}[2Jb"))
    guard case .status(_, let status) = Frame(body: escaped.encoded.dropFirst(4)) else {
      Issue.record("not read")
      return
    }
    #expect(status.trouble == "a?[2Jb")
  }
}

@Suite("abld takes one courier, and ends what isn't one")
struct CourierPortTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.file("socket").path }

  init() throws { directory = try TemporaryDirectory() }

  @Test("messages come over; bytes that are no frame end the connection, and the next one is taken")
  func port() throws {
    let port = try #require(CourierPort(path: path, users: [getuid()]))
    var (heard, connections): ([Topic], Int) = ([], 0)
    port.onMessage = { topic, _ in heard.append(topic) }
    port.onConnect = { connections += 1 }
    port.connect(as: FrameTests.origin)
    let courier = try #require(FrameStream(connecting: path))
    courier.send(.message(Topic(.live, FrameTests.origin), [1]))
    port.serve()
    port.serve()
    #expect(heard == [Topic(.live, FrameTests.origin)] && connections == 1)
    #expect(courier.read() == [.join(FrameTests.origin)])
    courier.send(.status(broker: 0, ExchangeStatus(.connected)))
    port.serve()
    #expect(connections == 2 && port.status.state == .connected)
    var nonsense = [UInt8](repeating: 0xFF, count: 100)
    #expect(write(courier.descriptor, &nonsense, 100) == 100)
    port.serve()
    #expect(port.status.trouble == "no courier is there")
    let next = try #require(FrameStream(connecting: path))
    port.serve()
    #expect(next.read() == [.join(FrameTests.origin)])
    // What only abld may say ends it, too.
    next.send(.announce([1]))
    port.serve()
    #expect(port.status.trouble == "no courier is there")
  }

  @Test("a process of another user is no courier")
  func otherUser() throws {
    let port = try #require(CourierPort(path: path, users: [getuid() + 1]))
    port.connect(as: FrameTests.origin)
    let stranger = try #require(FrameStream(connecting: path))
    port.serve()
    #expect(stranger.read().isEmpty && stranger.isOver)
  }

  @Test("what waits for a courier that doesn't read is bounded")
  func deafCourier() throws {
    let port = try #require(CourierPort(path: path, users: [getuid()]))
    port.connect(as: FrameTests.origin)
    let courier = try #require(FrameStream(connecting: path))
    port.serve()
    let sender = FrameStream(dup(courier.descriptor))
    for _ in 0..<400 { sender.send(.announce([UInt8](repeating: 0, count: 65_536))) }
    #expect(sender.dropped > 100)
  }
}
