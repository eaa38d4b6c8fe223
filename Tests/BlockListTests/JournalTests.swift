import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

@Suite("The journal")
struct JournalTests {
  @Test("is made with the first failure, for its owner alone, as long as it will ever be")
  func madeJournal() throws {
    let sample = try Sample()
    try sample.settle(sample.begin(bob), .succeeded)
    #expect(sample.names == [])
    try sample.fail()
    // The store is made once something is brought there.
    #expect(sample.names == ["failures"])
    let attributes = try FileManager.default.attributesOfItem(atPath: sample.journal.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.size] as? Int == 4096 * 1024)
    #expect(try sample.journalStates == [0xA1] + [UInt8](repeating: 0, count: 4095))
    try sample.fileAll()
    #expect(sample.names == ["data.mdb", "failures", "lock"])
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
  }

  @Test("has its room on the disk, so that no failure finds it full")
  func journalRoom() throws {
    let sample = try Sample.withJournal()
    var status = stat()
    #expect(stat(sample.journal.path, &status) == 0)
    #expect(status.st_blocks * 512 >= status.st_size)
  }

  /// What stands on the disks of administrators must count after an update of abl.
  @Test("writes a slot in the layout that is documented, with a checksum")
  func journalLayout() throws {
    let sample = try Sample.withJournal()
    let entry = try sample.fail(at: 7).entry
    let slot = [UInt8](try Data(contentsOf: sample.journal).prefix(1024))
    let failure = InFlight(
      slot: 0, id: entry.id, time: start.adding(7), owner: .none, state: .journaled,
      attempt: bob, subjects: bob.subjects)
    let content = failure.encoded
    #expect(Array(slot.prefix(content.count)) == content)
    #expect(slot[content.count..<1016].allSatisfy { $0 == 0 })
    // FNV-1a, of 64 bits.
    var sum: UInt64 = 14_695_981_039_346_656_037
    for byte in slot.prefix(1016) { sum = (sum ^ UInt64(byte)) &* 1_099_511_628_211 }
    #expect(Array(slot.suffix(8)) == Bytes.bigEndian(sum))
  }

  @Test("keeps fifteen failures, which count, and with the sixteenth all are in the store")
  func folding() throws {
    let sample = try Sample.withJournal(hosts: "*:16/1h")
    for number in 1...15 {
      try sample.fail(at: Int64(number))
      #expect(try sample.stored(host) == 0)
      #expect(try sample.entries(.journaled).count == number)
    }
    #expect(try sample.journalStates.filter { $0 != 0 }.count == 15)
    try sample.fail(at: 16)
    #expect(try sample.record(of: host)?.times == (1...16).map { start.adding($0) })
    #expect(try sample.entries(.journaled).isEmpty)
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
    #expect(try sample.admit(bob, at: 17).refusal != nil)
  }

  @Test("brings all into the store with the sixteenth, whether or not a limit is near")
  func foldingFarFromLimit() throws {
    let sample = try Sample.withJournal(hosts: "*:1000/1h")
    for round in 0..<3 {
      for number in 1...15 {
        try sample.fail(at: Int64(16 * round + number))
        #expect(try sample.stored(host) == 16 * round)
      }
      try sample.fail(at: Int64(16 * round + 16))
      #expect(try sample.stored(host) == 16 * round + 16)
      #expect(try sample.entries().isEmpty)
    }
  }

  @Test("brings all into the store when a limit is complete, so that the block is there at once")
  func foldingAtLimit() throws {
    let sample = try Sample.withJournal(hosts: "*:3/1h")
    try sample.fail(Attempt("eve", from: "192.0.2.9"))
    for second: Int64 in 1...2 {
      try sample.fail(at: second)
      #expect(try sample.stored(host) == 0)
    }
    try sample.fail(at: 3)
    #expect(try sample.stored(host) == 3)
    #expect(try sample.blockList.record(of: host)?.isBlocked == true)
    #expect(try sample.stored(.host("192.0.2.9")) == 1)
    #expect(try sample.entries().isEmpty)
  }

  @Test("counts what is in the journal only")
  func counting() throws {
    let sample = try Sample.withJournal(hosts: "*:3/1h")
    // With the lock taken nothing comes into the store.
    try sample.whileLocked {
      for _ in 0..<3 { try sample.fail() }
      guard case .blocked = try sample.admit(bob).refusal?.cause else {
        Issue.record("not blocked")
        return
      }
      #expect(try sample.blockList.block(of: host, using: nil, at: start) != nil)
      #expect(try sample.entries(.journaled).count == 3)
    }
    #expect(try sample.stored(host) == 0)
  }

  @Test("a clock that is set back by a year doesn't block for a year")
  func clockSetBack() throws {
    let sample = try Sample.withJournal(hosts: "*:3/1h")
    for _ in 0..<3 { try sample.fail() }
    let year: Int64 = 365 * 24 * 60 * 60
    #expect(try sample.admit(bob, at: -year).refusal != nil)
    #expect(try sample.stored(host) >= 3)
    #expect(try sample.admit(bob, at: 3601 - year).isAdmitted)
    // And it is as it was once the clock is right again.
    #expect(try sample.admit(bob, at: 30).refusal != nil)
  }

  @Test("what is forgiven doesn't come back, from the journal either")
  func forgiven() throws {
    let sample = try Sample.withJournal()
    for _ in 0..<3 { try sample.fail() }
    #expect(try sample.blockList.forgive([host], at: start) == [host])
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
    try sample.boot()
    #expect(try sample.admit(bob).isAdmitted)
    try sample.fileAll()
    #expect(try sample.record(of: host) == nil)
  }

  @Test("what waited stands before the refusal that came later")
  func order() throws {
    let sample = try Sample.withJournal(hosts: "*:3/1h")
    try sample.whileLocked { for second in 1...3 { try sample.fail(at: Int64(second)) } }
    #expect(try sample.admit(bob, at: 2000).refusal != nil)
    #expect(try sample.stored(host) == 4)
    #expect(
      try sample.blockList.record(of: host)?.times == [1, 2, 3, 2000].map { start.adding($0) })
  }

  @Test("keeps what was refused, too, which prolongs the block from there")
  func refusals() throws {
    let sample = try Sample.withJournal(hosts: "*:3/60s")
    for second in 1...3 { try sample.fail(at: Int64(second)) }
    #expect(try sample.admit(bob, at: 50).refusal != nil)
    #expect(try sample.entries(.journaled).map(\.kind) == [.refusal(.host)])
    #expect(try sample.entries(.journaled).map(\.time) == [start.adding(50)])
    #expect(try sample.stored(host) == 3)
    for _ in 0..<2 {
      try sample.boot()
      #expect(try sample.admit(bob, at: 62).refusal != nil)
    }
    try sample.fileAll(at: 62)
    // The one at 62 was written down once.
    let attempts = try #require(try sample.blockList.record(of: host)).attempts
    #expect(attempts.map(\.time) == [1, 2, 3, 50, 62].map { start.adding($0) })
    #expect(attempts.map(\.state) == [.failed, .failed, .failed, .refused, .refused])
  }

  @Test("is in the store after a day, though nobody fails")
  func aDay() throws {
    let sample = try Sample.withJournal()
    try sample.fail()
    let day: Int64 = 24 * 60 * 60
    #expect(try sample.admit(bob, at: day).isAdmitted)
    #expect(try sample.stored(host) == 0)
    #expect(try sample.admit(bob, at: day + 1).isAdmitted)
    #expect(try sample.stored(host) == 1)
  }

  @Test("is used also where a command waits for what it keeps, which is told when it is complete")
  func commands() throws {
    let sample = try Sample.withJournal(hosts: "*:2/1h")
    sample.configuration.hostClearCommand = try Command.parse(Array("[/bin/true]".utf8)[...])
    let blockList = sample.blockList
    func fail() throws {
      guard case .admitted(let reservation?) = try blockList.admit(bob, at: start) else {
        throw Sample.NotAdmitted()
      }
      try blockList.settle(reservation, .failed, at: start)
    }
    try fail()
    #expect(try sample.stored(host) == 0)
    #expect(blockList.takeChanges().isEmpty)
    try fail()
    #expect(try sample.stored(host) == 2)
    let changes = blockList.takeChanges()
    #expect(changes.map(\.subject) == [host] && changes.map(\.isBlocked) == [true])
    #expect(changes.map(\.attempt) == [bob])
  }

  @Test("leaves a failure to the process that is writing it, for as long as that lives")
  func writing() throws {
    let sample = try Sample.withJournal(hosts: "*:3/1h")
    let claims = try sample.add(InFlight(1, bob, .writing), InFlight(2, bob, .writing, of: .dead))
    try sample.fileAll()
    #expect(try sample.entries(.writing).map(\.id) == [1])
    #expect(try sample.entries().count == 1)
    // It is in the store, and counts once.
    #expect(try sample.stored(host) == 2)
    #expect(try sample.count(of: host) == 2)
    _ = try sample.begin(bob)
    #expect(try sample.admit(bob).refusal?.cause == .inFlight)
    // Now its process is done.
    #expect(claims[0].become(.journaled))
    try sample.fileAll()
    #expect(try sample.entries(.journaled).isEmpty)
    #expect(try sample.stored(host) == 2)
  }

  @Test("where it can't be used, a failure goes to the store at once")
  func unusable() throws {
    let sample = try Sample.withJournal()
    let manager = FileManager.default
    func isUnused() throws -> Bool {
      let before = try sample.stored(host)
      try sample.fail()
      return try sample.stored(host) == before + 1
    }
    #expect(chmod(sample.journal.path, 0o666) == 0)
    #expect(try isUnused())
    #expect(
      sample.notices.last?.hasPrefix("failures take longer: cannot trust '") == true)
    try manager.removeItem(at: sample.journal)
    #expect(symlink("/etc/passwd", sample.journal.path) == 0)
    #expect(try isUnused())
    try manager.removeItem(at: sample.journal)
    #expect(mkfifo(sample.journal.path, 0o600) == 0)
    #expect(try isUnused())
    try manager.removeItem(at: sample.journal)
    try manager.createDirectory(at: sample.journal, withIntermediateDirectories: false)
    #expect(try isUnused())
    try manager.removeItem(at: sample.journal)
    // One that is missing is made again, and one that is too short becomes longer.
    #expect(try !isUnused())
    try sample.fileAll()
    try Data([1, 2, 3]).write(to: sample.journal)
    _ = try sample.begin(Attempt("eve", from: "::1"))
    #expect(try !isUnused())
    try sample.boot()
    #expect(try sample.entries(.journaled).map(\.slot) == [1])
  }

  @Test("of a crowd all are counted")
  func largeCrowd() throws {
    let sample = try Sample.withJournal(hosts: "*:1000/1h")
    let open = try (0..<200).map { _ in try sample.begin(bob) }
    #expect(open.last?.claim.slot == 199)
    for reservation in open { try sample.blockList.settle(reservation, .failed, at: start) }
    try sample.fileAll()
    #expect(try sample.count(of: host) == 200)
    #expect(try sample.journalStates.allSatisfy { $0 == 0 })
  }
}
