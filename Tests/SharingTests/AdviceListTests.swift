import Harness
import Policy
import Testing

@testable import Sharing

/// Lists that an administrator has imported.
@Suite("A list that was imported is advice") struct AdviceListTests {
  private let now: UInt32 = 1_000_000

  private func list(
    _ name: String, _ prefixes: [String], for seconds: UInt32 = 5000
  ) throws -> AdviceList {
    AdviceList(
      try #require(Origin(list: Array(name.utf8))), prefixes.compactMap { Prefix(parsing: $0) },
      made: now - 10, until: now - 10 + seconds)
  }

  /// Reports of one machine each.
  private func map(_ reports: [String: [String]]) throws -> FleetMap {
    var map = FleetMap(own: try #require(Origin("here")))
    for (name, prefixes) in reports {
      var log = OriginLog(try #require(Origin(name)), epoch: 1)
      for prefix in prefixes.compactMap({ Prefix(parsing: $0) }) {
        log.block(Record(.block, prefix, failures: 9, made: now - 10, until: now + 9000))
      }
      let all = log.everything(at: now)
      _ = map.receive(all.head, under: Topic(.head, log.origin), at: now)
      for (topic, bytes) in all.kept { _ = map.receive(bytes, under: topic, at: now) }
    }
    return map
  }

  @Test("it holds to its end, needs no machine that says the same, and may have networks")
  func holds() throws {
    var policy = FleetPolicy()
    policy.minimalReporters = 2
    let lists = [try list("drop", ["198.51.100.0/22", "192.0.2.7", "2001:db8::/32"])]
    let map = try map(["a": ["192.0.2.7", "192.0.2.8"]])
    let enforcement = policy.enforcement(of: map, lists: lists, sanctuary: .init(), at: now)
    #expect(
      Set(enforcement.blocks.map(\.prefix.text)) == [
        "192.0.2.7", "198.51.100.0/22", "2001:db8::/32",
      ])
    #expect(enforcement.blocks.allSatisfy { $0.until == now + 4990 && $0.reporters == 0 })
    #expect(enforcement.blocks.allSatisfy { $0.lists.map(\.text) == ["list:drop"] })
    #expect(enforcement.suppressedSources == [.tooFewReporters: 1])
    let later = policy.enforcement(of: map, lists: lists, sanctuary: .init(), at: now + 4990)
    #expect(later.blocks.isEmpty)
  }

  @Test(
    "allowed, own and known addresses and orders win; what is left out is counted by list and reason"
  )
  func sanctuary() throws {
    let lists = [
      try list("a", ["192.0.2.1", "192.0.2.2", "198.51.100.0/24", "203.0.113.5", "203.0.113.6"]),
      try list("b", ["192.0.2.1", "1.0.0.0/7", "2000::/15"]),
    ]
    let sanctuary = Sanctuary(
      allowed: PrefixSet([.init(.v4(0xC000_0201))]), own: PrefixSet([.init(.v4(0xC000_0202))]),
      home: PrefixSet([.init(.v4(0xC633_6407))]))
    let pardon = Pardon(.init(.v4(0xCB00_7105)), made: now - 5, until: now)
    let enforcement = FleetPolicy().enforcement(
      of: try map([:]), lists: lists, sanctuary: sanctuary, pardons: [pardon], at: now)
    #expect(enforcement.blocks.map(\.prefix.text) == ["203.0.113.6"])
    let counted = Dictionary(
      uniqueKeysWithValues: enforcement.suppressed.map { ($0.key.text, $0.value) })
    #expect(
      counted == [
        "list:a": [.allowed: 1, .ownAddress: 1, .homeNetwork: 1, .pardoned: 1],
        "list:b": [.allowed: 1, .tooWide: 1],
      ], "1.0.0.0/7 is no prefix at all")
  }

  @Test("with a report of the same source both are named, and the longer end holds")
  func both() throws {
    let lists = [try list("a", ["192.0.2.7"]), try list("b", ["192.0.2.7"], for: 8000)]
    let enforcement = FleetPolicy().enforcement(
      of: try map(["m1": ["192.0.2.7"]]), lists: lists, sanctuary: .init(), at: now)
    let block = try #require(enforcement.blocks.first)
    #expect(enforcement.blocks.count == 1 && block.reporters == 1)
    #expect(block.witnesses.map(\.text) == ["m1"])
    #expect(block.lists.map(\.text) == ["list:a", "list:b"] && block.until == now + 7990)
  }

  @Test("where there isn't room for all, it leaves before any report does")
  func room() throws {
    var policy = FleetPolicy()
    policy.mostInAll = 3
    let lists = [try list("a", (1...9).map { "198.51.100.\($0)" }, for: 86_400)]
    let enforcement = policy.enforcement(
      of: try map(["m1": ["192.0.2.7", "192.0.2.8"]]), lists: lists, sanctuary: .init(), at: now)
    #expect(enforcement.blocks.prefix(2).allSatisfy { $0.reporters == 1 })
    #expect(enforcement.blocks.count == 3)
    #expect(enforcement.suppressedSources == [.tooManyInAll: 8])
  }

  @Test("no machine speaks under the name of a list") func names() throws {
    let map = try map(["list:a": ["192.0.2.7"]])
    #expect(map.copies.isEmpty)
    let origin = try #require(Origin("list:a"))
    #expect(map.refusals[origin]?[.malformed(.badOrigin)] == 17)
  }

  @Test("what it is kept as is read again, and nothing else is read")
  func file() throws {
    let list = try list("a", ["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"])
    let bytes = list.encoded
    #expect(AdviceList(list.origin, decoding: bytes) == list)
    for end in 0..<bytes.count {
      #expect(AdviceList(list.origin, decoding: Array(bytes[..<end])) == nil, "\(end)")
    }
    for (old, new) in [
      ("abl-list 1", "abl-list 2"), ("sources 3", "sources 2"), ("sources 3", "sources 4"),
      ("made ", "made -"), ("until ", "until 9"), ("192.0.2.7", "192.0.2.7 "),
      ("198.51.100.0/24", "198.51.100.1/24"), ("192.0.2.7\n", "192.0.2.7\n\n"),
    ] {
      let text = String(decoding: bytes, as: UTF8.self).replacing(old, with: new)
      #expect(AdviceList(list.origin, decoding: Array(text.utf8)) == nil, "\(new)")
    }
  }
}
