import CSystem
import Foundation
import Harness
import Testing

@testable import Platform

/// A process that holds the lock of a directory, and what stands of it in the lock's file.
private final class Holder {
  let directory: TemporaryDirectory
  let child: Child

  init() throws {
    directory = try TemporaryDirectory()
    // Its own child doesn't have the lock, and lives until it can read no more.
    child = try Child([
      "/usr/bin/flock", "--close", directory.file("lock").path, "sh", "-c", "echo had; read line",
    ])
    try #require(child.said == "had\n")
  }

  var identity: ProcessIdentity {
    ProcessIdentity(id: child.id, seen: ProcessIdentity.current.seen)
  }

  /// What a login of it would have written there, `age` milliseconds ago.
  func note(
    isBorrowed: Bool, age: Int64 = 0, namespace: UInt32 = ProcessNamespace.current,
    seen: UInt64 = ProcessIdentity.current.seen
  ) throws {
    let numbers = [
      UInt64(child.id), seen, UInt64(namespace), 4711, UInt64(Clock.milliseconds - age),
      isBorrowed ? 1 : 0,
    ]
    let bytes =
      Array("abl hold".utf8)
      + numbers.flatMap { number in
        (0..<8 as Range<UInt64>).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      }
    try write(bytes)
  }

  func write(_ bytes: [UInt8]) throws {
    try File(directory.path("lock"), .readWrite).write(bytes, at: 0)
  }

  /// Whether the lock can be had within so many milliseconds.
  func isFree(within milliseconds: Int64) throws -> Bool {
    do throws(SystemError) {
      let home = try File(directory.path, .directory)
      _ = try FileLock("lock", in: home, .exclusive, until: Deadline(milliseconds: milliseconds))
      return true
    } catch {
      #expect(error.isTimeout)
      return false
    }
  }
}

@Suite("The holder of a lock")
struct LockHolderTests {
  @Test("a borrowed holder that is stopped is ended by one that waits", .timeLimit(.minutes(20)))
  func stoppedHolder() throws {
    let holder = try Holder()
    try holder.note(isBorrowed: true)
    holder.child.stop()
    #expect(try holder.isFree(within: 30_000))
    holder.child.waitForEnd()
    #expect(holder.identity.condition == .gone)
  }

  @Test(
    "a borrowed holder that doesn't come to its end is ended, but not before 300 ms",
    .timeLimit(.minutes(20)))
  func slowHolder() throws {
    let holder = try Holder()
    let before = Clock.milliseconds
    try holder.note(isBorrowed: true)
    #expect(try holder.isFree(within: 30_000))
    #expect((250..<30_000).contains(Clock.milliseconds - before))
    holder.child.waitForEnd()
    // One that is at it for long already is ended at once, by one that tries once.
    let other = try Holder()
    try other.note(isBorrowed: true, age: 1000)
    _ = try other.isFree(within: 0)
    other.child.waitForEnd()
    #expect(try other.isFree(within: 30_000))
  }

  @Test("a holder of root's is never ended, stopped or not")
  func holderOfRoot() throws {
    let holder = try Holder()
    try holder.note(isBorrowed: false, age: 100_000)
    #expect(try !holder.isFree(within: 200))
    holder.child.stop()
    #expect(try !holder.isFree(within: 200))
    #expect(holder.identity.condition == .stopped)
  }

  @Test("one of another namespace, whose number means another process here, is never ended")
  func holderElsewhere() throws {
    let holder = try Holder()
    try holder.note(isBorrowed: true, age: 100_000, namespace: ProcessNamespace.current &+ 1)
    #expect(try !holder.isFree(within: 200))
    #expect(holder.identity.condition == .running)
  }

  @Test("a later process that has its number is never ended")
  func laterHolder() throws {
    let holder = try Holder()
    try holder.note(isBorrowed: true, age: 100_000, seen: 0)
    #expect(try !holder.isFree(within: 200))
    #expect(holder.identity.condition == .running)
  }

  @Test("nothing is ended for a note that makes no sense", arguments: [0, 1, 8, 55, 56])
  func badNote(count: Int) throws {
    let holder = try Holder()
    try holder.note(isBorrowed: true, age: 100_000)
    let note = [UInt8](try Data(contentsOf: holder.directory.file("lock")))
    try File(holder.directory.path("lock"), .readWrite).truncate()
    try holder.write(count == 56 ? [0] + note.dropFirst() : Array(note.prefix(count)))
    #expect(try !holder.isFree(within: 100))
    #expect(holder.identity.condition == .running)
  }

  @Test("a holder writes itself down, and its end", arguments: [false, true])
  func noteOfHolder(isBorrowed: Bool) throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    var numbers: Set<UInt64> = []
    for _ in 0..<3 {
      let (before, seen) = (Clock.milliseconds, ProcessIdentity.current.seen)
      let lock = try FileLock(
        "lock", in: home, .exclusive, until: Deadline(milliseconds: 0), isBorrowed: isBorrowed)
      let note = try directory.note
      try #require(note.count == 7)
      #expect(note[0] == Array("abl hold".utf8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
      #expect(note[1] == UInt64(getpid()) && note[3] == UInt64(ProcessNamespace.current))
      #expect((seen...ProcessIdentity.current.seen).contains(note[2]))
      #expect(numbers.insert(note[4]).inserted)
      #expect((before...Clock.milliseconds).contains(Int64(note[5])))
      #expect(note[6] == (isBorrowed ? 1 : 0))
      withExtendedLifetime(lock) {}
      _ = consume lock
      #expect(try directory.note.first == 0)
    }
  }

  @Test("readers write nothing down")
  func noteOfReaders() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    let lock = try FileLock("lock", in: home, .shared, until: Deadline(milliseconds: 0))
    #expect(try directory.note.isEmpty)
    withExtendedLifetime(lock) {}
  }

  @Test(
    "a borrowed holder is hurried, on each processor, and as it was again once it is done or too late",
    .enabled(if: geteuid() == 0, "needs root, to run before others"))
  func hurried() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let home = try File(directory.path, .directory)
      let all = schedule()
      moveToOneProcessor()
      let before = schedule()
      #expect(before == [all[0], 1])
      do {
        let lock = try FileLock(
          "lock", in: home, .exclusive, until: Deadline(milliseconds: 0), isBorrowed: true)
        #expect(schedule()[1] == all[1])
        let number = errorNumber {
          _ = try FileLock(
            "lock", in: home, .shared, until: Deadline(milliseconds: 0), isBorrowed: true)
        }
        #expect(number == ETIMEDOUT)
        #expect(schedule()[1] == all[1])
        withExtendedLifetime(lock) {}
      }
      #expect(schedule() == before)
    }
  }
}

extension TemporaryDirectory {
  /// The numbers of eight bytes in the file of the lock.
  fileprivate var note: [UInt64] {
    get throws {
      let bytes = [UInt8](try Data(contentsOf: file("lock")))
      return stride(from: 0, to: bytes.count, by: 8).map { start in
        bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
    }
  }
}

/// How the kernel schedules this thread: its policy, and on how many processors.
private func schedule() -> [Int] {
  var processors = cpu_set_t()
  sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &processors)
  let count = withUnsafeBytes(of: processors) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
  return [Int(sched_getscheduler(0)), count]
}

/// Lets this thread run on the first of its processors only.
private func moveToOneProcessor() {
  var processors = cpu_set_t()
  let size = MemoryLayout<cpu_set_t>.size
  sched_getaffinity(0, size, &processors)
  withUnsafeMutableBytes(of: &processors) { bytes in
    var isFound = false
    for index in bytes.indices {
      let lowest = bytes[index] & (0 &- bytes[index])
      bytes[index] = isFound ? 0 : lowest
      isFound = isFound || lowest != 0
    }
  }
  sched_setaffinity(0, size, &processors)
}
