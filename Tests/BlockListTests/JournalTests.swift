import Foundation
import Platform
import Policy
import Testing

@testable import BlockList

private let bob = Attempt("bob", from: "192.0.2.7")
private let host = Subject.host("192.0.2.7")

extension Sample {
  /// With a store and a journal: what the first failure makes.
  static func withJournal(hosts: String = "*:10/1h") throws -> Sample {
    let sample = try Sample(hosts: hosts)
    try sample.guess(Attempt("eve", from: "::1"))
    return sample
  }

  fileprivate var journal: URL { directory.file("db/journal") }

  /// Tries, with a wrong password, as a login does: nobody looks at the store behind it.
  @discardableResult
  fileprivate func fail(
    _ attempt: Attempt = bob, at seconds: Int64 = 0
  ) throws -> Reservation {
    let reservation = try begin(attempt, at: seconds)
    try blockList.settle(reservation, .failed, at: start.adding(seconds))
    return reservation
  }

  fileprivate func fileAll() throws { try blockList.fileAll(at: start) }

  /// Files all, and a power cut undoes that slots were freed: which isn't synced.
  fileprivate func fileAllAndCutPower() throws {
    let before = try Data(contentsOf: journal)
    try fileAll()
    try before.write(to: journal)
  }

  /// The first bytes of the slots of the journal.
  fileprivate var states: [UInt8] {
    get throws {
      let content = [UInt8](try Data(contentsOf: journal))
      return stride(from: 0, to: content.count, by: InFlight.slotLength).map { content[$0] }
    }
  }
}

@Test("is made with the store, for its owner alone, as long as it will ever be")
func madeJournal() throws {
  let sample = try Sample.withJournal()
  let attributes = try FileManager.default.attributesOfItem(atPath: sample.journal.path)
  #expect(attributes[.posixPermissions] as? Int == 0o600)
  #expect(attributes[.size] as? Int == 129 * 1024)
  #expect(try sample.states.allSatisfy { $0 == 0 })
}

@Test("keeps fifteen failures, which count, and with the sixteenth all are in the store")
func folding() throws {
  let sample = try Sample.withJournal(hosts: "*:16/1h")
  for number in 1...15 {
    try sample.fail(at: Int64(number))
    #expect(try sample.stored(host) == 0)
    #expect(try sample.entries(.journaled).count == number)
  }
  #expect(try sample.states.filter { $0 != 0 }.count == 15)
  try sample.fail(at: 16)
  #expect(try sample.record(of: host)?.times == (1...16).map { start.adding($0) })
  #expect(try sample.entries(.journaled).isEmpty)
  #expect(try sample.states.allSatisfy { $0 == 0 })
  #expect(try sample.admit(bob, at: 17).refusal != nil)
}

@Test("counts what is in the journal only")
func counting() throws {
  let sample = try Sample.withJournal(hosts: "*:3/1h")
  for _ in 0..<3 { try sample.fail() }
  guard case .blocked = try sample.admit(bob).refusal?.cause else {
    Issue.record("not blocked")
    return
  }
  #expect(try sample.stored(host) == 0)
  #expect(try sample.blockList.block(of: host, using: nil, at: start) != nil)
}

@Test("a boot loses none of it, and counts none twice")
func booting() throws {
  let sample = try Sample.withJournal(hosts: "*:4/1h")
  let own = try (0..<3).map { try sample.fail(at: $0).entry.id }
  // The page that the kernel has not brought to the disk yet is not what counts.
  for _ in 0..<3 {
    try sample.boot()
    #expect(try sample.admit(bob, at: 5).isAdmitted)
    #expect(try sample.entries(.journaled).map(\.id) == own)
  }
  try sample.fileAll()
  #expect(try sample.count(of: host) == 3)
}

@Test(
  "a boot that the table outlives, as it is or as it was before, loses none of it",
  .enabled(if: !Boot.id.isEmpty, "the kernel doesn't say which boot this is"),
  arguments: [0, 1, 3])
func outlivedBoot(written: Int) throws {
  let sample = try Sample.withJournal()
  var own = try (0..<written).map { _ in try sample.fail().entry.id }
  var table = try Data(contentsOf: sample.table)
  own += try (written..<3).map { _ in try sample.fail().entry.id }
  // The 36 letters behind the magic word.
  table.replaceSubrange(16..<52, with: "01234567-89ab-cdef-0123-456789abcdef".utf8)
  try table.write(to: sample.table)
  #expect(try sample.entries(.journaled).map(\.id) == own)
  let open = try sample.begin(bob)
  #expect(try sample.entries(.judging).map(\.id) == [open.entry.id])
}

@Test("a boot makes a table that is no longer than it has to be")
func shortTable() throws {
  let sample = try Sample.withJournal()
  for _ in 0..<3 { try sample.fail() }
  try sample.boot()
  #expect(try sample.entries(.journaled).count == 3)
  #expect(try Data(contentsOf: sample.table).count == 4 * InFlight.slotLength)
}

@Test("a boot that finds failures again that are in the store already counts them once")
func stale() throws {
  let sample = try Sample.withJournal()
  for _ in 0..<3 { try sample.fail() }
  try sample.fileAllAndCutPower()
  try sample.boot()
  #expect(try sample.admit(bob).isAdmitted)
  #expect(try sample.entries(.journaled).count == 3)
  try sample.fileAll()
  #expect(try sample.count(of: host) == 3)
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

@Test("takes no slot for a failure that isn't whole")
func torn() throws {
  let sample = try Sample.withJournal()
  let own = try (0..<3).map { _ in try sample.fail().entry.id }
  var content = [UInt8](try Data(contentsOf: sample.journal))
  for place in 0..<1024 {
    content[2 * 1024 + place] ^= 1
    try Data(content).write(to: sample.journal)
    content[2 * 1024 + place] ^= 1
    try sample.boot()
    #expect(try sample.begin(bob).entry.slot == 2)
    #expect(try sample.entries(.journaled).map(\.id) == [own[0], own[2]])
  }
}

@Test("what is forgiven doesn't come back, from the journal either")
func forgiven() throws {
  let sample = try Sample.withJournal()
  for _ in 0..<3 { try sample.fail() }
  #expect(try sample.blockList.forgive([host], at: start) == [host])
  #expect(try sample.states.allSatisfy { $0 == 0 })
  try sample.boot()
  #expect(try sample.admit(bob).isAdmitted)
  try sample.fileAll()
  #expect(try sample.record(of: host) == nil)
}

@Test("what waited stands before the refusal that came later")
func order() throws {
  let sample = try Sample.withJournal(hosts: "*:3/1h")
  for second in 1...3 { try sample.fail(at: Int64(second)) }
  #expect(try sample.admit(bob, at: 2000).refusal != nil)
  #expect(try sample.stored(host) == 4)
  #expect(
    try sample.blockList.record(of: host)?.times == [1, 2, 3, 2000].map { start.adding($0) })
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

@Test("what was forgiven doesn't come back from a slot that could not be freed")
func forgivenStale() throws {
  let sample = try Sample.withJournal()
  for _ in 0..<3 { try sample.fail() }
  try sample.fileAllAndCutPower()
  _ = try sample.blockList.forgive([host], at: start)
  try sample.boot()
  #expect(try sample.admit(bob).isAdmitted)
  #expect(try sample.record(of: host) == nil)
}

@Test("one that can't be trusted is told after a boot")
func untrusted() throws {
  let sample = try Sample.withJournal()
  try sample.fail()
  try sample.boot()
  #expect(chmod(sample.journal.path, 0o666) == 0)
  #expect(try sample.admit(bob).isAdmitted)
  let notice = "failures of before the boot are lost: cannot trust '\(sample.journal.path)'"
  #expect(sample.notices.count == 1 && sample.notices[0].hasPrefix(notice))
}

@Test("one that was cut off costs what is in it only")
func unreadable() throws {
  let sample = try Sample.withJournal()
  try sample.fail()
  for size in [0, 1, 1023, 1024, 1025, 5000, 129 * 1024 - 1] {
    try sample.boot()
    try Data(count: size).write(to: sample.journal)
    #expect(try sample.admit(bob).isAdmitted, "\(size) bytes")
  }
}

@Test("is not used where a command waits for what it would keep")
func commands() throws {
  let sample = try Sample.withJournal()
  sample.configuration.hostClearCommand = try Command.parse(Array("[/bin/true]".utf8)[...])
  try sample.fail()
  #expect(try sample.stored(host) == 1)
}

@Test("leaves a failure to the process that is writing it, for as long as that lives")
func writing() throws {
  let sample = try Sample.withJournal(hosts: "*:3/1h")
  try sample.add(InFlight(1, bob, .writing), InFlight(2, bob, .writing, in: deadProcess))
  try sample.fileAll()
  #expect(try sample.entries(.writing).map(\.id) == [1])
  #expect(try sample.stored(host) == 1)
  // It counts all the same.
  _ = try sample.begin(bob)
  #expect(try sample.admit(bob).refusal?.cause == .inFlight)
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
  // One that is missing or too short is made again.
  #expect(try isUnused())
  #expect(try !isUnused())
  try sample.fileAll()
  try Data([1, 2, 3]).write(to: sample.journal)
  #expect(try isUnused())
  #expect(try !isUnused())
}

@Test("of a crowd that is larger than it all are counted")
func largeCrowd() throws {
  let sample = try Sample.withJournal(hosts: "*:1000/1h")
  let open = try (0..<200).map { _ in try sample.begin(bob) }
  #expect(open.last?.entry.slot == 200)
  for reservation in open { try sample.blockList.settle(reservation, .failed, at: start) }
  try sample.fileAll()
  #expect(try sample.count(of: host) == 200)
  #expect(try sample.states.allSatisfy { $0 == 0 })
}
