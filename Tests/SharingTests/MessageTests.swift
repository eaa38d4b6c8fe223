import Harness
import Policy
import Testing

@testable import Sharing

@Suite("A message is read as it was written, and nothing else is read")
struct MessageTests {
  static let origin = Origin("web-1.example.org")!
  static let stamp = Stamp(origin, epoch: 0x0102_0304_0506_0708, sent: 1_700_000_000)
  static let v4 = Record(
    .block, Prefix(.v4(0xC000_0207)), failures: 10, made: 1_700_000_000, until: 1_700_003_600)
  static let v6 = Record(
    .block, Prefix(.v6(high: 0x2001_0DB8_0001_0002, low: 0), length: 64)!, failures: 65_535,
    made: 1, until: 2)
  static let gone = Record(.withdrawn, v4.prefix, failures: 0, made: 7, until: 0)

  static let counted = CountRecord(
    v4.prefix, BucketCounts(times: [1_700_000_000 - 86_400, 1_700_000_000, 1_700_000_000]))
  static let forgiven = CountRecord(v6.prefix, BucketCounts())

  static var messages: [Message] {
    var head = Head(stamp, base: 40, versions: Array(0..<16), tail: [v4, gone, v6])
    (head.release, head.applied) = (Array("abl 0.11".utf8), [1, .max])
    return [
      .live(Live(stamp, first: 41, [v4, gone, v6])), .head(head),
      .state(ShardDocument(stamp, shard: UInt8(v4.prefix.shard), version: 40, [v4])),
      .state(ShardDocument(stamp, shard: 3, version: 0, [])),
      .orders(OrderDocument(stamp, sequence: 3, [[1], Array(repeating: 65, count: 900)])),
      .counts(CountMessage(stamp, sequence: 7, [counted, forgiven])),
      .counts(CountMessage(stamp, sequence: 1, [])),
    ]
  }

  @Test("each kind", arguments: messages)
  func roundTrip(_ message: Message) throws {
    #expect(try Message(decoding: message.encoded, under: message.topic) == message)
    #expect(Topic(parsing: message.topic.text) == message.topic)
  }

  @Test("the bytes are those of docs/fleet-protocol.md")
  func bytes() {
    let live = Message.live(Live(Self.stamp, first: 41, [Self.v4])).encoded
    let header: [UInt8] = [
      1, 1, 0, 0, 0x65, 0x53, 0xF1, 0x00, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 41,
      0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(Array(live.prefix(36)) == header)
    #expect(Array(live[36..<54]) == [17] + Array("web-1.example.org".utf8))
    #expect(
      Array(live[54...])
        == [1, 32, 0, 10, 0x65, 0x53, 0xF1, 0x00, 0x65, 0x53, 0xFF, 0x10, 192, 0, 2, 7])
    #expect(Message.state(ShardDocument(Self.stamp, shard: 0, version: 0, [])).encoded.count == 54)
  }

  @Test("the bytes of counts are those of docs/fleet-protocol.md")
  func countBytes() {
    let bytes = Message.counts(
      CountMessage(Self.stamp, sequence: 7, [Self.counted, Self.forgiven])
    ).encoded
    #expect(Array(bytes.prefix(4)) == [1, 5, 0, 0])
    #expect(Array(bytes[16..<28]).suffix(5) == [7, 0, 0, 0, 2])
    #expect(Array(bytes[54..<70]) == [3, 32, 0, 2, 192, 0, 2, 7, 1, 32, 0, 1, 0, 0, 0, 2])
    #expect(
      Array(bytes[70...]) == [0x83, 64, 0, 0, 0x20, 1, 0x0D, 0xB8, 0, 1, 0, 2]
        + [UInt8](repeating: 0, count: 8))
  }

  @Test("counts that contradict themselves are refused")
  func badCounts() throws {
    let sound = Message.counts(CountMessage(Self.stamp, sequence: 7, [Self.counted]))
    func refusal(_ change: (inout [UInt8]) -> Void) throws -> MessageError? {
      var bytes = sound.encoded
      change(&bytes)
      return #expect(throws: MessageError.self) {
        try Message(decoding: bytes, under: sound.topic)
      }
    }
    // Its kind, a host bit, no failure, the same age twice, an age beyond a day, a count too large.
    #expect(try refusal { $0[54] = 1 } == .badKind)
    #expect(try refusal { $0[55] = 31 } == .badPrefix)
    #expect(try refusal { $0[69] = 0 } == .badSequence)
    #expect(try refusal { ($0[66], $0[67]) = (1, 32) } == .badSequence)
    #expect(try refusal { ($0[62], $0[63]) = (1, 33) } == .badSequence)
    #expect(try refusal { ($0[56], $0[57]) = (1, 34) } == .badCount)
    let twice = Message.counts(CountMessage(Self.stamp, sequence: 7, [Self.counted, Self.counted]))
    let error = #expect(throws: MessageError.self) {
      try Message(decoding: twice.encoded, under: twice.topic)
    }
    #expect(error == .doubled)
  }

  @Test("no message that was cut short, or has a byte more, is read", arguments: messages)
  func cut(_ message: Message) {
    let bytes = message.encoded
    for count in bytes.indices {
      #expect(throws: MessageError.self) {
        try Message(decoding: Array(bytes.prefix(count)), under: message.topic)
      }
    }
    #expect(throws: MessageError.self) {
      try Message(decoding: bytes + [0], under: message.topic)
    }
  }

  @Test("whatever byte is changed, what is read is written alike", arguments: messages)
  func changed(_ message: Message) {
    let bytes = message.encoded
    for position in bytes.indices {
      for bit in 0..<8 {
        var bytes = bytes
        bytes[position] ^= 1 << UInt8(bit)
        guard let read = try? Message(decoding: bytes, under: message.topic) else { continue }
        #expect(read.encoded == bytes)
      }
    }
  }

  @Test("garbage is refused, and harms nobody")
  func garbage() {
    var random = SeededRandom(seed: 23)
    let topic = Topic(.live, Self.origin)
    for _ in 0..<20_000 {
      let bytes = random.bytes(Int.random(in: 0..<200, using: &random))
      #expect(throws: MessageError.self) { try Message(decoding: bytes, under: topic) }
    }
  }

  @Test("each lie has its reason")
  func lies() {
    func reason(_ message: Message, _ change: (inout [UInt8]) -> Void = { _ in }) -> MessageError? {
      var bytes = message.encoded
      change(&bytes)
      return reason(bytes, message.topic)
    }
    func reason(_ bytes: [UInt8], _ topic: Topic) -> MessageError? {
      do {
        _ = try Message(decoding: bytes, under: topic)
        return nil
      } catch { return error }
    }
    let live = Message.live(Live(Self.stamp, first: 41, [Self.v4]))
    let other = Topic(.live, Origin("web-2.example.org")!)
    #expect(reason(live.encoded, other) == .otherOrigin)
    #expect(reason(live.encoded, Topic(.head, Self.origin)) == .otherTopic)
    #expect(reason([UInt8](repeating: 1, count: 70_000), other) == .tooLong)
    #expect(reason(live) { $0[0] = 2 } == .unknownVersion)
    #expect(reason(live) { $0[1] = 9 } == .unknownType)
    #expect(reason(live) { $0[40] = UInt8(ascii: "/") } == .badOrigin)
    #expect(reason(live) { $0[24] = 0xFF } == .badCount)
    #expect(reason(live) { for place in 16..<24 { $0[place] = 0xFF } } == .badSequence)
    #expect(reason(live) { $0[54] = 3 } == .badKind)
    #expect(reason(live) { $0[55] = 33 } == .badPrefix)
    #expect(reason(live) { $0[55] = 24 } == .badPrefix, "host bits")
    #expect(reason(live) { for place in 62..<66 { $0[place] = 0 } } == .endless)
    let shard = UInt8(Self.v4.prefix.shard)
    let elsewhere = ShardDocument(Self.stamp, shard: shard ^ 1, version: 1, [Self.v4])
    #expect(reason(.state(elsewhere)) == .otherShard)
    let twice = ShardDocument(Self.stamp, shard: shard, version: 1, [Self.v4, Self.v4])
    #expect(reason(.state(twice)) == .doubled)
    let withdrawal = ShardDocument(Self.stamp, shard: shard, version: 1, [Self.gone])
    #expect(reason(.state(withdrawal)) == .badKind)
    let head = Head(Self.stamp, base: 3, versions: Array(repeating: 4, count: 16), tail: [])
    #expect(reason(.head(head)) == .badSequence)
  }

  @Test("an IPv4 address within IPv6 is refused: one source has one form")
  func mapped() {
    let live = Message.live(Live(Self.stamp, first: 1, [Self.v6]))
    var bytes = live.encoded
    bytes.replaceSubrange(
      (bytes.count - 16)..., with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 7])
    bytes[bytes.count - 27] = 128
    #expect(throws: MessageError.badPrefix) { try Message(decoding: bytes, under: live.topic) }
  }

  @Test("names that mean something in a topic are no machines'")
  func names() {
    for name in ["", "a/b", "+", "#", "a b", "a\n", String(repeating: "x", count: 65), "ä"] {
      #expect(Origin(name) == nil)
    }
    for topic in [
      "abl/1/live/", "abl/1/live/a/b", "abl/1/state/a", "abl/1/state/a/16", "abl/1/state/a/07",
      "abl/2/live/a", "$SYS/x", "abl/1/sum/a",
    ] { #expect(Topic(parsing: topic) == nil) }
  }
}

extension Message: CustomTestStringConvertible {
  public var testDescription: String { topic.text }
}
