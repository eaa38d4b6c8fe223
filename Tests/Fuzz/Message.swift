internal import Sharing

/// A message from another machine, under each of the topics that it could stand under; the first
/// byte chooses.
func fuzz(_ input: [UInt8]) {
  guard let origin = Origin("m1"), let choice = input.first else { return }
  let bytes = Array(input.dropFirst())
  let kinds: [Topic.Kind] = [.live, .head, .state, .order, .count]
  let topic = Topic(kinds[Int(choice & 7) % kinds.count], origin, shard: choice >> 4)
  if let message = try? Message(decoding: bytes, under: topic) {
    expect(message.encoded == bytes, "what is read is written alike")
    expect(message.topic == topic, "a message stands under its topic")
    expect(bytes.count <= Message.longest, "a message is bounded")
  }
  checkMap(bytes, under: topic)
  checkCounts(bytes, under: topic)
  if let text = String(validating: input, as: UTF8.self), let topic = Topic(parsing: text) {
    expect(topic.text == text, "a topic reads as it is written")
  }
}

/// A map stands whatever comes, in any order, and twice.
private func checkMap(_ bytes: [UInt8], under topic: Topic) {
  guard let own = Origin("m0") else { return }
  var map = FleetMap(own: own)
  for now in [1_000_000, 0, 4_294_967_295] as [UInt32] {
    for cut in [bytes, bytes, Array(bytes.prefix(bytes.count / 2))] {
      _ = map.receive(cut, under: topic, at: now)
      _ = map.repair(at: now, chance: 7)
    }
    let enforcement = FleetPolicy().enforcement(of: map, sanctuary: Sanctuary(), at: now)
    expect(enforcement.blocks.count <= map.copies[topic.origin]?.count ?? 0, "none is invented")
    map.forgetEnded(at: now)
  }
}

/// What was counted: it stands whatever comes, and a machine alone has nobody blocked.
private func checkCounts(_ bytes: [UInt8], under topic: Topic) {
  guard let own = Origin("m0"), let rule = try? FleetRule(parsing: "*:2/10m,100/1d") else { return }
  var counts = FleetCounts(own: own, window: rule.longestWindow)
  var policy = FleetPolicy()
  policy.rule = rule
  for now in [1_000_000, 0, 4_294_967_295] as [UInt32] {
    for cut in [bytes, bytes, Array(bytes.prefix(bytes.count / 2))] {
      _ = counts.receive(cut, under: topic, at: now)
    }
    let enforcement = policy.enforcement(
      of: FleetMap(own: own), counts: counts, sanctuary: Sanctuary(), at: now)
    expect(enforcement.blocks.isEmpty, "one machine's word blocks nobody")
    counts.forgetEnded(at: now)
  }
}
