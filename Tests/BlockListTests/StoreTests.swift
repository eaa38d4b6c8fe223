import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

extension Sample {
  /// Why an attempt could not be judged; nil if it could.
  func trouble() -> String? {
    complaint { () throws(StoreError) in _ = try admit(bob) }
  }

  /// What is said of a directory or a file that others could have written.
  func distrust(_ path: String, mode: String) -> String {
    "cannot trust '\(path)': owner \(geteuid()), mode \(mode); "
      + "it must be root's and nobody else may write to it"
  }
}

@Suite("The store")
struct StoreTests {
  @Test("makes its directory and its files, for their owner alone")
  func madeStore() throws {
    let sample = try Sample()
    try sample.guess(bob)
    try sample.fileAll()
    #expect(sample.names == ["data.mdb", "failures", "lock"])
    let modes = try ["db", "db/data.mdb", "db/lock", "db/failures"].map {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: sample.directory.file($0).path)
      return attributes[.posixPermissions] as? Int
    }
    #expect(modes == [0o700, 0o600, 0o600, 0o600])
    #expect(sample.notices == [])
  }

  @Test("replaces what is left of a store that was being made")
  func halfMade() throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    try Data(repeating: 1, count: 4096).write(to: sample.directory.file("db/data.mdb.new"))
    try sample.guess(bob)
    try sample.fileAll()
    #expect(sample.names == ["data.mdb", "failures", "lock"])
    #expect(try sample.stored(.user("bob")) == 1)
    #expect(try sample.count(of: .user("bob")) == 1)
  }

  @Test("doesn't make the parent of its directory")
  func missingParent() throws {
    let sample = try Sample()
    let path = sample.directory.file("a/b").path
    sample.configuration.databaseHome = Name(path)
    #expect(sample.trouble() == "cannot create '\(path)': No such file or directory")
  }

  @Test("follows no link in the place of its directory but root's")
  func linkedHome() throws {
    let sample = try Sample()
    try FileManager.default.createDirectory(
      at: sample.directory.file("real"), withIntermediateDirectories: false)
    #expect(symlink("real", sample.home) == 0)
    if geteuid() == 0 {
      #expect(sample.trouble() == nil)
      #expect(lchown(sample.home, 1, 1) == 0)
    }
    #expect(sample.trouble() == "cannot open '\(sample.home)': Not a directory")
  }

  @Test(
    "doesn't use a directory that others may write to", arguments: ["777", "770", "702", "1777"])
  func untrustedHome(_ mode: String) throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    #expect(chmod(sample.home, try #require(mode_t(mode, radix: 8))) == 0)
    #expect(sample.trouble() == sample.distrust(sample.home, mode: mode))
    #expect(chmod(sample.home, 0o755) == 0)
    #expect(sample.trouble() == nil)
  }

  @Test("doesn't use a directory that is somebody else's", .enabled(if: geteuid() == 0))
  func foreignHome() throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    #expect(chown(sample.home, 12345, 0) == 0)
    #expect(
      sample.trouble()
        == "cannot trust '\(sample.home)': owner 12345, mode 700; "
        + "it must be root's and nobody else may write to it")
  }

  @Test("says so if its directory can't be entered", .enabled(if: geteuid() != 0))
  func closedHome() throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    #expect(chmod(sample.home, 0) == 0)
    defer { chmod(sample.home, 0o700) }
    #expect(sample.trouble() == "cannot open '\(sample.home)': Permission denied")
  }

  @Test("gives up when another has the lock for too long", .timeLimit(.minutes(20)))
  func lockedStore() throws {
    let sample = try Sample()
    #expect(sample.trouble() == nil)
    let home = try File(Path(Array(sample.home.utf8)), .directory)
    let lock = try FileLock("lock", in: home, .shared, until: Deadline(milliseconds: 0))
    sample.configuration.lockTimeout = 30
    let before = Clock.milliseconds
    do throws(StoreError) {
      try sample.blockList.fileFailure(of: bob, at: start)
      Issue.record("not waited for the lock")
    } catch {
      guard case .system(let error) = error else {
        Issue.record("\(error.message)")
        return
      }
      #expect(error.isTimeout)
      #expect(error.message.description == "cannot lock '\(sample.home)/lock': timed out")
    }
    #expect((30..<30_000).contains(Clock.milliseconds - before))
    // A login doesn't need it.
    #expect(sample.trouble() == nil)
    // Who only looks isn't kept out by another who does.
    #expect(try sample.blockList.subjects(after: nil, count: 9).isEmpty)
    withExtendedLifetime(lock) {}
  }

  @Test(
    "a login that finds damage waits for the lock to look again, for no longer than lock_timeout")
  func damageUnderLock() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    try Data([1, 2, 3]).write(to: sample.store)
    sample.configuration.lockTimeout = 30
    try sample.whileLocked {
      #expect(sample.trouble()?.hasPrefix("cannot lock '\(sample.home)/lock': timed out") == true)
    }
    #expect(sample.names == ["data.mdb", "lock"])
    #expect(sample.trouble() == nil)
    #expect(sample.movedAside == Data([1, 2, 3]))
  }

  @Test("damage that is none with the lock held moves nothing")
  func unconfirmedDamage() throws {
    let sample = try Sample(hosts: "*:1/1h")
    try sample.guess(bob)
    let keys = [SubjectKey(.host("192.0.2.7")).bytes, SubjectKey(.user("none")).bytes]
    func confirm(_ mode: FileLock.Mode = .exclusive) throws {
      try sample.blockList.locked(mode) { (store) throws(StoreError) in
        try store.confirmDamage(at: keys, keys)
      }
    }
    try confirm()
    #expect(sample.names == ["data.mdb", "lock"])
    try Data([1, 2, 3]).write(to: sample.store)
    // Others may be looking.
    try confirm(.shared)
    #expect(sample.movedAside == nil && sample.notices == [])
    try confirm()
    #expect(sample.movedAside == Data([1, 2, 3]) && sample.notices.count == 1)
  }

  @Test("what couldn't be read isn't damaged, and why it couldn't is known")
  func readError() throws {
    let sample = try Sample()
    // To read a directory is an error.
    let file = try File(Path(Array(sample.directory.url.path.utf8)), .directory)
    var failure: SystemError?
    for _ in 0..<2 {
      let bytes = file.read(10, at: 0, orNote: &failure)
      #expect(bytes.isEmpty && failure?.action == .read && failure?.number == EISDIR)
    }
    let path = Path(Array(sample.store.path.utf8))
    #expect(!StoreError.system(try #require(failure)).isDamage)
    #expect(StoreError.unusable(path, finding: .badPage(7)).isDamage)
    #expect(!StoreError.unusable(path, finding: .foreign).isDamage)
  }

  @Test("finds the new file where an administrator has removed the old one")
  func removedStore() throws {
    let sample = try Sample(users: "*:1/1h")
    for _ in 0..<3 {
      #expect(try sample.guess(bob) == nil)
      #expect(try sample.guess(bob) != nil)
      try FileManager.default.removeItem(atPath: sample.home)
    }
    #expect(sample.notices == [])
  }
}
