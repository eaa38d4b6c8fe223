import Foundation
import Harness
import Testing

/// With two real mosquittos, mutual TLS, and the real courier.
@Suite(
  "Machines share their blocks by brokers that may lose everything",
  .enabled(if: hasBroker, "needs mosquitto: apt-get install mosquitto mosquitto-clients"),
  .serialized)
struct FleetTests {
  private let site: Site

  init() throws { site = try Site() }

  private func join(_ names: [String]) throws -> [Peer] {
    let peers = try names.map { try Peer($0, at: site) }
    for peer in peers {
      let state = peer.await("state") { $0.hasPrefix("connected/0 connected/0") }
      #expect(state.hasPrefix("connected/0 connected/0"), "\(peer.name): \(state)")
    }
    return peers
  }

  /// How many blocks of a machine another one knows, and a sum of them.
  private func known(_ name: String, by peer: Peer, count: Int) -> String {
    let answer = peer.await("map") {
      $0.contains("\(name):\(count):") && !$0.contains("head") && !$0.contains("doc")
    }
    return answer.split(separator: " ").first { $0.hasPrefix("\(name):") }.map(String.init)
      ?? "\(name) is unknown: \(answer)"
  }

  @Test("three machines know each other's blocks, and a newcomer knows all; unblocked is unblocked")
  func sharing() throws {
    let peers = try join(["m1", "m2", "m3"])
    #expect(peers[0].ask("block 192.0.2.7 3600") == "ok")
    #expect(peers[1].ask("block 2001:db8::7 3600") == "ok")
    #expect(peers[2].ask("blocks 0 3000 3600") == "ok")
    #expect(known("m1", by: peers[1], count: 1).hasSuffix("nothing"))
    #expect(known("m1", by: peers[2], count: 1).hasSuffix("nothing"))
    #expect(known("m2", by: peers[0], count: 1).hasSuffix("nothing"))
    let sum = known("m3", by: peers[0], count: 3000)
    #expect(known("m3", by: peers[1], count: 3000) == sum)
    let newcomer = try join(["m4"])[0]
    #expect(known("m3", by: newcomer, count: 3000) == sum)
    #expect(known("m1", by: newcomer, count: 1) == known("m1", by: peers[2], count: 1))
    #expect(peers[0].ask("unblock 192.0.2.7") == "ok")
    for peer in [peers[1], peers[2], newcomer] {
      #expect(known("m1", by: peer, count: 0).hasSuffix("nothing"))
    }
  }

  @Test("what is allowed here isn't enforced, and that is told")
  func allowed() throws {
    let first = try join(["m1"])[0]
    let second = try Peer("m2", at: site, allowed: ["192.0.2.0/24"])
    _ = first.ask("block 192.0.2.7 3600")
    _ = first.ask("block 198.51.100.7 3600")
    let enforced = second.await("enforced") { $0.contains("198") && $0.contains("allowed=") }
    #expect(enforced == "198.51.100.7 allowed=1")
  }

  @Test("a cut of five seconds, while blocks go on to be made, heals: all is known, and once")
  func cut() throws {
    let peers = try join(["m1", "m2", "m3"])
    _ = peers[0].ask("blocks 0 500 3600")
    #expect(known("m1", by: peers[2], count: 500).hasSuffix("nothing"))
    peers[2].cut()
    #expect(peers[2].await("state") { !$0.contains("connected/0 connected") }.contains("dis"))
    for round in 0..<50 {
      _ = peers[0].ask("blocks \(500 + round * 100) 100 3600")
      _ = peers[1].ask("blocks \(100_000 + round * 20) 20 3600")
      _ = peers[2].ask("blocks \(200_000 + round) 1 3600")
      usleep(100_000)
    }
    _ = peers[1].ask("unblock 10.1.134.160")
    try peers[2].connect()
    let (first, second) = (
      known("m1", by: peers[2], count: 5500), known("m2", by: peers[2], count: 999)
    )
    #expect(first == known("m1", by: peers[1], count: 5500) && first.hasSuffix("nothing"))
    #expect(second == known("m2", by: peers[0], count: 999) && second.hasSuffix("nothing"))
    #expect(known("m3", by: peers[0], count: 50) == known("m3", by: peers[1], count: 50))
  }

  @Test(
    "cut off while many report all the time: it has their maps again, each change once, and what it leaves out is counted"
  )
  func flood() throws {
    let (origins, rate, pause) = Effort.isLong ? (100, 1000, 60) : (20, 200, 3)
    for number in 0..<origins { try site.makeCertificate("s\(number)") }
    let words = [
      Repository.program("fleetswarm"), site.path("ca.crt"), site.directory, "\(origins)",
      "deaf",
    ]
    let swarm = try Child(words + site.ports.map { "127.0.0.1:\($0)" })
    #expect(swarm.line() == "connected")
    let peers = try join(["m1", "m2"])
    swarm.tell("run \(rate) 2")
    #expect(swarm.line() == "ok")
    #expect(swarm.await("made", seconds: 200) { $0.hasSuffix("done") }.hasSuffix("done"))
    _ = peers[1].await("total") { Int($0) ?? 0 > rate }
    swarm.tell("run \(rate) \(pause + 4)")
    #expect(swarm.line() == "ok")
    peers[1].cut()
    let made = { (answer: String) in answer.split(separator: " ").first.flatMap { Int($0) } ?? 0 }
    let begin = made(swarm.await("made", seconds: 0) { _ in true })
    let end = swarm.await("made", seconds: 200) { made($0) >= begin + pause * rate }
    // It has missed what was made meanwhile: each tenth change ends a block, so that of ten eight stay.
    let missed = made(end) * 8 / 10 - made(peers[1].ask("total"))
    #expect(missed > pause * rate / 2)
    try peers[1].connect()
    #expect(swarm.await("made", seconds: 200) { $0.hasSuffix("done") }.hasSuffix("done"))
    let truth = swarm.await("truth", seconds: 0) { _ in true }
    #expect(truth.split(separator: " ").count == origins)
    for peer in peers {
      #expect(peer.await("merge") { $0 == truth } == truth, "\(peer.name)")
      let numbers = peer.ask("policy 1").split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 4)
      let (known, held, distinct, left) = (numbers[0], numbers[1], numbers[2], numbers[3])
      print(
        "\(peer.name), of \(origins) that made \(made(end)) changes: \(known) known, \(held) hold, \(left) left out"
      )
      #expect(known == made(swarm.await("made", seconds: 0) { _ in true }) * 8 / 10)
      #expect(known == held + left && held == distinct && left > 0)
    }
  }

  @Test("a broker that is killed isn't missed; one that lost everything has it again")
  func brokers() throws {
    let peers = try join(["m1", "m2"])
    _ = peers[0].ask("blocks 0 100 3600")
    #expect(known("m1", by: peers[1], count: 100).hasSuffix("nothing"))
    site.brokers[0].end()
    _ = peers[0].ask("block 192.0.2.1 3600")
    #expect(known("m1", by: peers[1], count: 101).hasSuffix("nothing"))
    try site.start(0, empty: true)
    for peer in peers {
      let state = peer.await("state") { $0.hasPrefix("connected/0 connected/0") }
      #expect(state.hasPrefix("connected/0 connected/0"))
    }
    // A newcomer that finds this broker only.
    site.brokers[1].end()
    let newcomer = try Peer("m3", at: site)
    #expect(known("m1", by: newcomer, count: 101).hasSuffix("nothing"))
  }

  @Test("a partition: each half goes on, and once it heals each knows what the other has made")
  func partition() throws {
    let peers = try join(["m1", "m2", "m3", "m4"])
    _ = peers[0].ask("blocks 0 50 3600")
    for peer in peers[1...] { #expect(known("m1", by: peer, count: 50).hasSuffix("nothing")) }
    // One half reaches one broker, the other half the other one.
    for (number, peer) in peers.enumerated() {
      let away = number < 2 ? 1 : 0
      peer.cut(from: away)
      let state = peer.await("state") { Self.reached($0) == [away == 1, away == 0] }
      #expect(Self.reached(state) == [away == 1, away == 0], "\(peer.name): \(state)")
    }
    _ = peers[0].ask("blocks 1000 200 3600")
    _ = peers[0].ask("unblock 10.0.0.0")
    _ = peers[3].ask("blocks 2000 300 3600")
    #expect(known("m1", by: peers[1], count: 249).hasSuffix("nothing"))
    #expect(known("m4", by: peers[2], count: 300).hasSuffix("nothing"))
    #expect(peers[2].ask("map").contains("m1:50:"))
    #expect(!peers[0].ask("map").contains("m4:300:"))
    for peer in peers { try peer.connect() }
    let (first, last) = (
      known("m1", by: peers[1], count: 249), known("m4", by: peers[2], count: 300)
    )
    for peer in peers[2...] { #expect(known("m1", by: peer, count: 249) == first) }
    for peer in peers[..<2] { #expect(known("m4", by: peer, count: 300) == last) }
  }

  /// Which brokers a peer has, of what it says of itself.
  private static func reached(_ state: String) -> [Bool] {
    state.split(separator: " ").prefix(2).map { $0.hasPrefix("connected") }
  }

  @Test("a broker with an old file misleads a newcomer only, and only until the origin is back")
  func oldFile() throws {
    let peers = try join(["m1", "m2"])
    _ = peers[0].ask("block 192.0.2.1 3600")
    #expect(known("m1", by: peers[1], count: 1).hasSuffix("nothing"))
    // It may have come to the other broker first.
    let old = try site.saved(0, having: [192, 0, 2, 1])
    _ = peers[0].ask("unblock 192.0.2.1")
    _ = peers[0].ask("block 192.0.2.2 3600")
    #expect(peers[1].await("enforced") { $0 == "192.0.2.2" } == "192.0.2.2")
    // Now that broker is all there is, with what it had saved then; and m1 is away.
    peers[0].stopCourier()
    for broker in site.brokers { broker.end() }
    try site.start(0, with: old)
    let newcomer = try Peer("m3", at: site)
    #expect(newcomer.await("enforced") { $0 == "192.0.2.1" } == "192.0.2.1")
    let state = peers[1].await("state") { Self.reached($0) == [true, false] }
    #expect(Self.reached(state) == [true, false])
    #expect(newcomer.ask("block 198.51.100.1 3600") == "ok")
    let both = "192.0.2.2 198.51.100.1"
    #expect(peers[1].await("enforced") { $0 == both } == both)
    try peers[0].startCourier()
    #expect(newcomer.await("enforced") { $0 == "192.0.2.2" } == "192.0.2.2")
    #expect(peers[1].ask("enforced") == both)
  }

  @Test("a courier that is killed loses nothing")
  func courier() throws {
    let peers = try join(["m1", "m2"])
    peers[1].stopCourier()
    _ = peers[0].ask("blocks 0 3000 3600")
    _ = peers[1].ask("block 192.0.2.9 3600")
    try peers[1].startCourier()
    #expect(known("m1", by: peers[1], count: 3000).hasSuffix("nothing"))
    #expect(known("m2", by: peers[0], count: 1).hasSuffix("nothing"))
  }

  @Test("orders are passed on, also to those that come later")
  func orders() throws {
    let peers = try join(["m1", "m2"])
    _ = peers[0].ask("order signed-text")
    #expect(peers[1].await("orders") { !$0.isEmpty } == "signed-text")
    let newcomer = try join(["m3"])[0]
    #expect(newcomer.await("orders") { !$0.isEmpty } == "signed-text")
  }

  @Test("a machine with a valid certificate can write nothing under another's name")
  func hostile() throws {
    let peers = try join(["m1", "m2"])
    _ = peers[0].ask("blocks 0 100 3600")
    let before = known("m1", by: peers[1], count: 100)
    #expect(before.hasSuffix("nothing"))
    let topics = [
      "live/m1", "head/m1", "order/m1", "state/m1/0", "state/hostile/16", "live/hostile/x", "x",
    ]
    for topic in topics {
      let words = ["-t", "abl/1/" + topic, "-n", "-r", "-q", "1", "-d"]
      let outcome = try site.mosquitto("mosquitto_pub", as: "hostile", words)
      #expect(
        "\(outcome)".contains("135") || "\(outcome)".contains("Not authorized"),
        "\(topic): \(outcome)")
    }
    // Under another's client id: it is taken for itself all the same, and nobody is thrown out.
    let words = ["-i", "m1", "-t", "abl/1/live/m1", "-m", "x", "-q", "1", "-d"]
    _ = try site.mosquitto("mosquitto_pub", as: "hostile", words)
    // Garbage under its own name harms nobody.
    let garbage = ["-t", "abl/1/live/hostile", "-m", "garbage", "-q", "1"]
    #expect(try site.mosquitto("mosquitto_pub", as: "hostile", garbage).status == 0)
    #expect(peers[1].await("state") { $0.hasSuffix("refused=1") }.hasSuffix("refused=1"))
    #expect(peers[0].ask("state").hasPrefix("connected/0 connected/0"))
    #expect(known("m1", by: try join(["m3"])[0], count: 100) == before)
  }
}
