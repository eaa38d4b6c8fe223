import Foundation
import Harness
import Platform
import Testing

@testable import Daemon
@testable import Sharing

/// When abld reads the lists that were imported, and what it hears of them.
@Suite("Imported lists") struct FleetListsTests {
  private let directory: TemporaryDirectory
  private let home: Path
  private let lists: ListDirectory
  private static let now: UInt32 = 1_800_000_000

  init() throws {
    directory = try TemporaryDirectory()
    let home = directory.file("db").path
    mkdir(home, 0o700)
    self.home = Path(Array(home.utf8))
    lists = ListDirectory(in: self.home)
  }

  private func put(
    _ name: String, _ prefix: String = "203.0.113.7", until: UInt32 = now + 3600
  ) throws {
    let origin = try #require(Origin(list: Array(name.utf8)))
    let prefix = try #require(Prefix(parsing: prefix))
    try lists.put(AdviceList(origin, [prefix], made: Self.now - 60, until: until))
  }

  private func end(_ name: String) throws {
    try lists.remove(try #require(Origin(list: Array(name.utf8))))
  }

  private func write(_ name: String) throws {
    try Data("x".utf8).write(to: directory.file(name), options: [])
  }

  private func move(_ old: String, to new: String) throws {
    try FileManager.default.moveItem(at: directory.file(old), to: directory.file(new))
  }

  private func loaded() -> FleetLists { FleetLists(in: home, { _, _ in }, at: Self.now, 0) }

  @Test("are read when they have changed, once more a second later, and then no more")
  func readings() throws {
    try put("drop")
    var lists = loaded()
    #expect(lists.holding(at: Self.now).map(\.origin.text) == ["list:drop"])
    #expect(lists.readings == 1 && lists.delay(at: 0) == 1000)
    for milliseconds: Int64 in [1, 400, 1000] { lists.refresh(at: Self.now, milliseconds) }
    let readings = lists.readings
    for second: Int64 in 2..<2000 { lists.refresh(at: Self.now, second * 1000) }
    #expect(lists.readings == readings && lists.changes == 0)
    try put("drop", "203.0.113.8")
    lists.refresh(at: Self.now, 2_000_000)
    #expect(lists.readings == readings + 1 && lists.changes == 1)
    lists.refresh(at: Self.now, 2_001_000)
    try end("drop")
    lists.refresh(at: Self.now, 2_002_000)
    #expect(lists.holding(at: Self.now).isEmpty && lists.changes == 2)
  }

  @Test("want to be looked at each hour, and without any not at all")
  func delay() throws {
    var none = loaded()
    none.refresh(at: Self.now, 1000)
    #expect(none.readings == 0 && none.delay(at: 1000) == .max)
    try put("drop", until: Self.now + 10)
    try put("late", until: Self.now + 100)
    var lists = loaded()
    lists.refresh(at: Self.now, 1000)
    #expect(lists.delay(at: 1000) == 3_600_000)
    #expect(lists.holding(at: Self.now + 10).map(\.origin.text) == ["list:late"])
  }

  private var names: [String] { lists.read(at: 0).lists.map(\.origin.text) }

  /// Looks as abld does in these hours behind `now`.
  private func watch(_ lists: inout FleetLists, _ hours: Range<UInt32>) {
    for hour in hours { lists.refresh(at: Self.now + hour * 3600, Int64(hour) * 3_600_000) }
  }

  @Test("are removed a day after their end, by a clock that has gone on for a day without a leap")
  func removal() throws {
    try put("drop", until: Self.now + 10)
    try put("late", until: Self.now + 7200)
    var lists = loaded()
    watch(&lists, 0..<25)
    #expect(names == ["list:drop", "list:late"])
    watch(&lists, 25..<26)
    #expect(names == ["list:late"])
    // Another abld goes on with the day of the one before.
    lists = FleetLists(in: home, { _, _ in }, at: Self.now + 93_600, 0)
    #expect(names == [])
  }

  @Test("that have ended by a clock that is ahead hold again when it is right")
  func clockAhead() throws {
    let day: UInt32 = 86_400
    try put("drop", until: Self.now + 7 * day)
    var lists = loaded()
    watch(&lists, 0..<30)
    // A boot with another clock, which is set right while abld runs, and one that isn't for hours.
    for ahead in [9 * day, 400 * day, .max - Self.now] {
      lists = FleetLists(in: home, { _, _ in }, at: Self.now + ahead, 0)
      lists.refresh(at: Self.now + ahead, 2000)
      #expect(lists.holding(at: Self.now + ahead).isEmpty && names == ["list:drop"])
      lists.refresh(at: Self.now + 2 * day, 4000)
      #expect(lists.holding(at: Self.now + 2 * day).map(\.origin.text) == ["list:drop"])
    }
    for hour in 0..<23 as Range<UInt32> {
      lists.refresh(at: Self.now + 9 * day + hour * 3600, 4000)
    }
    lists = loaded()
    #expect(lists.holding(at: Self.now).map(\.origin.text) == ["list:drop"])
  }

  @Test("that have ended and wait to be removed take no place of one that holds")
  func places() throws {
    for number in 10..<50 { try put("ended\(number)", until: Self.now) }
    for number in 10..<26 { try put("list\(number)") }
    let (read, flaws) = lists.read(at: Self.now)
    #expect(read.count == 32 && read.filter { $0.until > Self.now }.count == 16)
    #expect(flaws.isEmpty)
    try put("one-more")
    #expect(lists.read(at: Self.now).flaws.count == 1)
  }

  @Test("are heard of when they come, change and go; drafts and what else is there are not")
  func heard() throws {
    let watch = try #require(AdviceWatch(in: home))
    #expect(watch.isComplete && watch.read() == [])
    for name in ["failures", "data.mdb", "fleet-epoch", "fleet.mdb.new"] {
      try write("db/\(name)")
    }
    try move("db/data.mdb", to: "db/data.mdb.old")
    #expect(watch.read() == [])
    // With the directory, and in it.
    try put("drop")
    #expect(watch.read().contains(.lists))
    try put("drop", "203.0.113.8")
    #expect(watch.read() == .lists)
    try write("db/lists/draft")
    #expect(watch.read() == [])
    try end("drop")
    #expect(watch.read() == .lists)
    try write("db/fleet.mdb")
    #expect(watch.read() == .file)
    try FileManager.default.removeItem(at: directory.file("db/fleet.mdb"))
    #expect(watch.read() == .file && watch.read() == [])
  }

  @Test("are heard of wherever their directory goes, and that of the store")
  func moved() throws {
    let watch = try #require(AdviceWatch(in: home))
    for _ in 0..<3 {
      try put("drop")
      #expect(watch.read().contains(.lists))
      try move("db/lists", to: "away")
      #expect(watch.read().contains(.lists))
      // It is no business of ours any more.
      try write("away/list-other")
      #expect(watch.read() == [])
      try FileManager.default.removeItem(at: directory.file("away"))
    }
    try put("drop")
    try move("db", to: "away")
    #expect(watch.read().contains(.lists) && !watch.isComplete)
    mkdir(directory.file("db").path, 0o700)
    watch.renew()
    #expect(watch.isComplete)
    while watch.read() != [] {}
    try put("drop")
    #expect(watch.read().contains(.lists))
    try write("away/lists/list-other")
    #expect(watch.read() == [])
  }
}
