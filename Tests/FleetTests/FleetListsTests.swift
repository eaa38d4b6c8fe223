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
    #expect(lists.readings == 1 && lists.delay(at: Self.now, 0) == 1000)
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

  @Test("want nothing until the next one is to be removed, and without any nothing at all")
  func delay() throws {
    var none = loaded()
    none.refresh(at: Self.now, 1000)
    #expect(none.readings == 0 && none.delay(at: Self.now, 1000) == .max)
    try put("drop", until: Self.now + 10)
    try put("late", until: Self.now + 100)
    var lists = loaded()
    lists.refresh(at: Self.now, 1000)
    #expect(lists.delay(at: Self.now, 1000) == 3_610_000)
    #expect(lists.holding(at: Self.now + 10).map(\.origin.text) == ["list:late"])
    lists.refresh(at: Self.now + 3610, 2000)
    #expect(self.lists.read().lists.map(\.origin.text) == ["list:late"])
    // The clock of the machine may be at its end, or a list's be.
    try put("last", until: Self.now + AdviceList.longest - 60)
    #expect(loaded().delay(at: .max, 0) == 1000)
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
