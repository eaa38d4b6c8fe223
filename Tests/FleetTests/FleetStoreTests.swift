import BlockList
import Foundation
import Harness
import Platform
import Policy
import Testing
import Upkeep

@testable import Daemon
@testable import Sharing

/// What abld writes for logins, and what these read of it.
@Suite("fleet.mdb") struct FleetStoreTests {
  private let directory: TemporaryDirectory
  private let blockList: BlockList
  private let store: FleetStore
  private static let now = Timestamp(seconds: 1_800_000_000)

  init() throws {
    directory = try TemporaryDirectory()
    let home = directory.file("db").path
    mkdir(home, 0o700)
    var configuration = Configuration()
    configuration.databaseHome = Name(Array(home.utf8))
    configuration.runHome = configuration.databaseHome
    blockList = BlockList(configuration)
    store = FleetStore(in: Path(Array(home.utf8)), most: 100_000)
  }

  private func block(
    _ prefix: String, until: UInt32 = 1_800_003_600, by names: [String] = ["m1"]
  ) throws -> Enforcement.Block {
    let prefix = try #require(Prefix(parsing: prefix))
    var block = Enforcement.Block(prefix: prefix, until: until, reporters: names.count)
    block.witnesses = names.compactMap { Origin($0) }
    block.since = 1_799_999_000
    return block
  }

  private func advice(on host: String, at now: Timestamp = now) throws -> FleetAdvice? {
    let host = try #require(Host(Array(host.utf8)[...]))
    return blockList.fleetAdvice(on: .host(host), at: now)
  }

  @Test("says of a host what was written last, and until when; of others nothing")
  func advice() throws {
    #expect(try advice(on: "192.0.2.7") == nil)
    try store.hold([try block("192.0.2.7", by: ["m1", "m2"]), try block("2001:db8::/64")])
    let found = try #require(try advice(on: "192.0.2.7"))
    #expect(found.report.reporters == 2 && found.report.until.seconds == 1_800_003_600)
    #expect(found.since.seconds == 1_799_999_000)
    #expect(found.witnesses.map { String(decoding: $0.bytes, as: UTF8.self) } == ["m1", "m2"])
    #expect(try advice(on: "2001:db8::1:2:3:4") != nil)
    #expect(try advice(on: "2001:db8:0:1::4") == nil)
    #expect(try advice(on: "192.0.2.8") == nil && advice(on: "nohost") == nil)
    #expect(try advice(on: "192.0.2.7", at: Self.now.adding(3600)) == nil)
    try store.hold([try block("192.0.2.0/24"), try block("192.0.2.9", until: 1_900_000_000)])
    #expect(try advice(on: "192.0.2.7") != nil && advice(on: "2001:db8::7") == nil)
    #expect(try advice(on: "192.0.2.9")?.report.until.seconds == 1_900_000_000)
    #expect(try advice(on: "192.0.3.7") == nil)
    try store.hold([])
    #expect(try advice(on: "192.0.2.7") == nil)
  }

  @Test("what was counted on all machines together stands beside it, and is gone with it")
  func counted() throws {
    var sum = try block("192.0.2.7", by: ["m1", "m2"])
    sum.counted = .init(failures: 23, machines: 3, rule: "*:20/1h")
    try store.hold([sum])
    let found = try #require(try advice(on: "192.0.2.7"))
    #expect(found.counted == FleetCount(failures: 23, machines: 3, rule: Array("*:20/1h".utf8)))
    #expect(found.witnesses.count == 2 && found.report.reporters == 2)
    sum.counted = nil
    try store.hold([sum])
    #expect(try advice(on: "192.0.2.7")?.counted == nil)
  }

  @Test("100 000 hosts, changed again and again, are all found, and nothing else is")
  func many() throws {
    var random = SeededRandom(seed: 7)
    var wanted: [UInt32: UInt32] = [:]
    for round in 0..<5 {
      for _ in 0..<20_000 {
        wanted[UInt32.random(in: 0..<400_000, using: &random)] = 1_800_000_001 + UInt32(round)
      }
      for host in wanted.keys.filter({ $0 % 7 == round }) { wanted[host] = nil }
      try store.hold(
        wanted.map { .init(prefix: Prefix(.v4($0.key)), until: $0.value, reporters: 1) })
    }
    #expect(wanted.count > 50_000)
    for _ in 0..<5000 {
      let host = UInt32.random(in: 0..<400_000, using: &random)
      let found = blockList.fleetAdvice(on: .host(.address(.v4(host))), at: Self.now)
      #expect(found?.report.until.seconds == wanted[host].map { Int64($0) }, "\(host)")
    }
  }

  @Test("whatever is damaged, a login learns something or nothing, and abld begins anew")
  func damage() throws {
    try store.hold(try (0..<2000).map { try block("10.0.\($0 / 256).\($0 % 256)") })
    let file = directory.file("db/fleet.mdb")
    let sound = try Data(contentsOf: file)
    var random = SeededRandom(seed: 23)
    for round in 0..<300 {
      var bytes = sound
      if round % 10 == 0 { bytes = bytes.prefix(Int.random(in: 0..<200_000, using: &random)) }
      for _ in 0..<Int.random(in: 1..<200, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<min(bytes.count, 300_000), using: &random)
        bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
      try bytes.write(to: file)
      _ = try advice(on: "10.0.3.3")
    }
    try store.hold([try block("10.0.3.3")])
    #expect(try advice(on: "10.0.3.3") != nil && advice(on: "10.0.3.4") == nil)
    try FileManager.default.removeItem(at: file)
    try store.hold([try block("10.0.3.4")])
    #expect(try advice(on: "10.0.3.3") == nil && advice(on: "10.0.3.4") != nil)
  }

  @Test("without its directory nothing is written, and that is told; once there again, all is")
  func gone() throws {
    try store.hold([try block("192.0.2.7")])
    let home = directory.file("db")
    try FileManager.default.removeItem(at: home)
    let both = [try block("192.0.2.7"), try block("192.0.2.8")]
    #expect(throws: StoreError.self) { try store.hold(both) }
    mkdir(home.path, 0o700)
    try store.hold(both)
    #expect(try advice(on: "192.0.2.7") != nil && advice(on: "192.0.2.8") != nil)
  }

  @Test("a file that another user may write to says nothing")
  func untrusted() throws {
    try store.hold([try block("192.0.2.7")])
    chmod(directory.file("db/fleet.mdb").path, 0o666)
    #expect(try advice(on: "192.0.2.7") == nil)
  }

  @Test("what abld tells of the fleet is read as it was written")
  func state() throws {
    var state = FleetState()
    (state.origin, state.hasCourier, state.courier) = ("m1", true, "abl-courier 1")
    state.brokers = [.init(state: "connected", denied: 3, trouble: "a\tb\nc")]
    state.leftOut = ["tooFewReporters": 7]
    var peer = FleetState.Peer()
    (peer.name, peer.heard, peer.blocks, peer.sequence) = ("m2", 17, 5, 9)
    (peer.refused, peer.leftOut, peer.clockLag) = (["stale": 1], ["allowed": 2], -40)
    state.peers = [peer]
    state.orders = [.init(id: "ab", applied: 2, machines: 3, missing: ["m3"])]
    let read = try #require(FleetState(parsing: state.text.bytes))
    state.brokers[0].trouble = "a?b?c"
    #expect(read == state)
    #expect(FleetState(parsing: Array("version\t2\n".utf8)) == nil)
  }
}
