import Testing

@testable import Administration
@testable import PamAbl

@Suite struct OldRecordTests {
  /// One of a real store: blocked, two attempts at 0x6B0125A7.
  private let real: [UInt8] =
    [1, 0, 0, 0, 2, 0, 0, 0]
    + [0xA7, 0x25, 1, 0x6B, 0, 0, 0, 0, 4, 0, 0, 0] + Array("alice\0sshd\0".utf8)
    + [0xA8, 0x25, 1, 0x6B, 0, 0, 0, 0, 1, 0, 0, 0] + Array("\0login\0".utf8)

  @Test("reads a record of pam_abl 0.6.0") func reads() {
    let record = OldRecord(real)
    #expect(record.wasBlocked)
    #expect(record.damage == nil)
    #expect(record.attempts.map { $0.time } == [1_795_237_287, 1_795_237_288])
    #expect(record.attempts.map { $0.reason } == [4, 1])
    #expect(record.attempts.map { String(decoding: $0.other, as: UTF8.self) } == ["alice", ""])
    #expect(
      record.attempts.map { String(decoding: $0.service, as: UTF8.self) } == ["sshd", "login"])
    #expect(OldRecord([2, 0, 0, 0, 0, 0, 0, 0]).damage == nil)
  }

  @Test("keeps what stands before the end, wherever that is") func truncated() {
    for length in 0..<real.count {
      let record = OldRecord(Array(real.prefix(length)))
      #expect(record.attempts.count == (length < 31 ? 0 : 1))
      #expect(record.damage?.byte == (length < 8 ? length : length < 31 ? 8 : 31))
    }
  }

  @Test("says what it can't be")
  func damage() {
    let long = OldRecord(real + [0])
    #expect(long.damage?.message == "the record goes on behind its attempts")
    #expect(long.damage?.byte == real.count)
    var reason = real
    reason[16] = 9
    #expect(OldRecord(reason).damage?.message == "this is no attempt")
    var many = real
    many[7] = 0xFF
    let text = "the record ends in the middle, after 2 of 4278190082 attempts"
    #expect(OldRecord(many).damage?.message == text)
    #expect(OldRecord(many).attempts.count == 2)
  }

  @Test("gets over any bytes") func anyBytes() {
    var generator = Splitmix(state: 5)
    for _ in 0..<50_000 {
      var bytes = real
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
      let record = OldRecord(bytes)
      #expect(record.attempts.count <= 4)
      _ = record.history(of: bytes, .host)
    }
  }

  @Test("gives the same attempt the same id, in both histories and at any place") func ids() throws
  {
    let host = try #require(OldRecord(real).history(of: Array("192.0.2.7".utf8), .host))
    var other = [UInt8](real.prefix(8))
    other[4] = 1
    other += real[8..<20] + Array("192.0.2.7\0sshd\0".utf8)
    let user = try #require(OldRecord(other).history(of: Array("alice".utf8), .user))
    #expect(host.attempts.first?.id == user.attempts.first?.id)
    #expect(Set(host.attempts.map { $0.id }).count == 2)
    var twice = [UInt8](real.prefix(31))
    twice += real[8..<31]
    let same = try #require(OldRecord(twice).history(of: Array("192.0.2.7".utf8), .host))
    #expect(Set(same.attempts.map { $0.id }).count == 2)
  }
}
