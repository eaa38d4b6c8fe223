import Foundation
import Harness
import News
import Sharing
import Testing

@testable import CrowdSec

@Suite("Decisions of CrowdSec are taken as far as they make sense")
struct DecisionTests {
  private let now: UInt32 = 1_800_000_000

  private func one(
    _ id: Int, _ value: String, _ duration: String = "1h", scope: String = "Ip",
    type: String = "ban", more: String = ""
  ) -> String {
    """
    {"id":\(id),"duration":"\(duration)","origin":"cscli","scenario":"x","scope":"\(scope)",\
    "type":"\(type)","value":"\(value)"\(more)}
    """
  }

  private func answer(_ new: [String], deleted: [String] = []) -> [UInt8] {
    Array(
      "{\"deleted\":[\(deleted.joined(separator: ","))],\"new\":[\(new.joined(separator: ","))]}"
        .utf8)
  }

  private func texts(_ decisions: Decisions) -> [String] {
    decisions.records.map { "\($0.prefix.text) \($0.until - now)" }.sorted()
  }

  @Test("lengths of time as Go writes them")
  func durations() {
    let lengths: [(String, UInt32?)] = [
      ("3h59m48.123456789s", 14_389), ("1.5s", 2), ("300ms", 1), ("1h", 3600), ("-1h3s", 0),
      ("0s", 0),
      ("999999999h", Decision.longest), ("", nil), ("-", nil), ("h", nil), ("1", nil), ("1d", nil),
      ("1h-2m", nil),
      ("1.2.3s", nil), ("nanh", nil), ("\u{661}h", nil), (String(repeating: "1h", count: 40), nil),
    ]
    for (text, seconds) in lengths { #expect(Decision.seconds(text) == seconds, "\(text)") }
  }

  @Test("bans of addresses and networks; all else is left out and counted")
  func kinds() throws {
    var decisions = Decisions()
    let new = [
      one(1, "192.0.2.7"), one(2, "2001:db8::7", scope: "ip"),
      one(3, "198.51.100.77/24", scope: "Range"),
      one(4, "192.0.2.8", type: "captcha"), one(5, "AS64500", scope: "AS"),
      one(6, "bob", scope: "username"),
      one(7, "192.0.2.9", more: ",\"simulated\":true"), one(8, "192.0.2.10", "-5m"),
      one(9, "192.0.2"),
      one(10, "192.0.2.0/33", scope: "Range"), one(11, "192.0.2.11", "soon"), "{}", "7", "null",
      one(12, "192.0.2.12", more: ",\"simulated\":false"), "{\"id\":1.5}",
    ]
    try decisions.take(answer(new), isWhole: true, at: now)
    #expect(
      texts(decisions) == [
        "192.0.2.12 3600", "192.0.2.7 3600", "198.51.100.0/24 3600", "2001:db8::7 3600",
      ])
    #expect(decisions.leftOut == [.kind: 1, .scope: 2, .simulated: 1, .ended: 1, .malformed: 7])
    #expect(decisions.origins == ["cscli": 4])
  }

  @Test("what changes: new ones, deleted ones, several about one address, and an end by itself")
  func deltas() throws {
    var decisions = Decisions()
    try decisions.take(
      answer([one(1, "192.0.2.7"), one(2, "192.0.2.7", "2h")]), isWhole: true, at: now)
    #expect(texts(decisions) == ["192.0.2.7 7200"])
    try decisions.take(
      answer([one(3, "192.0.2.8", "1m")], deleted: [one(2, "192.0.2.7", "-1s")]), isWhole: false,
      at: now)
    #expect(texts(decisions) == ["192.0.2.7 3600", "192.0.2.8 60"])
    try decisions.take(Array("{\"new\":null,\"deleted\":null}".utf8), isWhole: false, at: now + 60)
    #expect(texts(decisions) == ["192.0.2.7 3600"])
    // All is told again: what isn't there any more has ended, and what is was heard of before.
    try decisions.take(
      answer([one(1, "192.0.2.7", "59m"), one(9, "192.0.2.9")]), isWhole: true, at: now + 60)
    #expect(decisions.records.first { $0.prefix.text == "192.0.2.7" }?.made == now)
    try decisions.take(answer([]), isWhole: true, at: now + 61)
    #expect(decisions.count == 0)
  }

  @Test("an answer that is none changes nothing")
  func garbage() throws {
    var decisions = Decisions()
    let sound = answer([one(1, "192.0.2.7")], deleted: [one(2, "192.0.2.8")])
    try decisions.take(sound, isWhole: true, at: now)
    let before = texts(decisions)
    let bad = [
      "", "[]", "null", "{\"new\":{}}", "{\"new\":[],\"deleted\":7}", "{\"new\":[}", "<html>",
    ]
    for text in bad {
      #expect(throws: NewsError.self, "\(text)") {
        try decisions.take(Array(text.utf8), isWhole: true, at: now)
      }
    }
    #expect(texts(decisions) == before)
    var random = SeededRandom(seed: 5)
    for _ in 0..<3000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.bytes(1)[0]
      }
      var copy = decisions
      try? copy.take(bytes, isWhole: false, at: now)
      #expect(copy.count <= 2 && copy.records.allSatisfy { $0.until > now })
    }
  }

  @Test("more than a map has room for are left out, and counted")
  func many() throws {
    var decisions = Decisions()
    let new = (0..<Decisions.most + 10).map {
      one($0, "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)")
    }
    try decisions.take(answer(new), isWhole: true, at: now)
    #expect(decisions.count == Decisions.most && decisions.leftOut == [.tooMany: 10])
  }
}
