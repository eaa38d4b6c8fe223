import Foundation
import Harness
import Testing

@testable import Platform

/// A file of four pages, mapped so many times, as by so many processes.
private func mapped(_ count: Int, in directory: TemporaryDirectory) throws -> [SharedMemory] {
  let home = try File(directory.path, .directory)
  try File.make("memory", in: home, size: 16_384) { _ in }
  return try (0..<count).map { _ in
    try SharedMemory(try File("memory", in: home, .readWrite), length: 16_384)
  }
}

private func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  // Each has one of its own, since they wait for each other.
  let end = DispatchSemaphore(value: 0)
  for number in 0..<count {
    Thread.detachNewThread {
      body(number)
      end.signal()
    }
  }
  for _ in 0..<count { end.wait() }
}

extension SharedMemory {
  /// Is there when another says so; it gives its processor away where the other may have none.
  fileprivate func spin(until number: UInt64, at index: Int) {
    var spins = 0
    while self[index] < number {
      spins += 1
      if spins % 1000 == 0 { sched_yield() }
    }
  }
}

@Suite("Shared memory")
struct SharedMemoryTests {
  @Test("what is written through one mapping is read through the other, and stands in the file")
  func sharedWords() throws {
    let directory = try TemporaryDirectory()
    let memory = try mapped(2, in: directory)
    #expect(memory[1][5] == 0)
    memory[0].store(.max, at: 5)
    memory[1].store(0x0102_0304_0506_0708, at: 2047)
    #expect(memory[1][5] == .max && memory[0][2047] == 0x0102_0304_0506_0708)
    let content = [UInt8](try Data(contentsOf: directory.file("memory")))
    #expect(Array(content[40..<48]) == [UInt8](repeating: 0xFF, count: 8))
    #expect(content.count == 16_384)
  }

  @Test("a mapping outlives the name of its file, and the file's descriptor")
  func unlinkedMemory() throws {
    let directory = try TemporaryDirectory()
    let memory = try mapped(2, in: directory)
    try FileManager.default.removeItem(at: directory.file("memory"))
    #expect(openFiles(under: directory).isEmpty)
    memory[0].store(7, at: 1)
    #expect(memory[1][1] == 7)
  }

  @Test(
    "what lies outside reads as 0, and isn't written", arguments: [-1, 2048, .min, .max, .max / 8])
  func outside(index: Int) throws {
    let directory = try TemporaryDirectory()
    let memory = try mapped(1, in: directory)[0]
    memory.store(1, at: index)
    #expect(memory[index] == 0)
    #expect(!memory.replace(0, by: 1, at: index))
    #expect(memory.add(1, at: index) == 0)
    #expect(memory.bytes(8, at: index) == [UInt8](repeating: 0, count: 8))
    memory.write([1, 2, 3], at: index)
    #expect(try Data(contentsOf: directory.file("memory")).allSatisfy { $0 == 0 })
  }

  @Test("replaces what is expected, and nothing else")
  func replacing() throws {
    let memory = try mapped(1, in: TemporaryDirectory())[0]
    memory.store(5, at: 0)
    #expect(!memory.replace(4, by: 9, at: 0) && memory[0] == 5)
    #expect(memory.replace(5, by: 9, at: 0) && memory[0] == 9)
    #expect(memory.replace(9, by: 9, at: 0))
  }

  @Test("adds, says what was there before, and begins anew behind the last number")
  func adding() throws {
    let memory = try mapped(1, in: TemporaryDirectory())[0]
    #expect(memory.add(3, at: 0) == 0 && memory.add(4, at: 0) == 3 && memory[0] == 7)
    memory.store(.max, at: 1)
    #expect(memory.add(1, at: 1) == .max && memory[1] == 0)
  }

  @Test("raises a number, and never lowers it")
  func raising() throws {
    let memory = try mapped(1, in: TemporaryDirectory())[0]
    for (value, expected) in [(5, 5), (3, 5), (5, 5), (.max, .max), (0, .max)] as [(UInt64, UInt64)]
    {
      memory.raise(to: value, at: 0)
      #expect(memory[0] == expected)
    }
  }

  @Test("writes and reads bytes of any number, and fills up the last word with zeros")
  func bytesOfMemory() throws {
    let memory = try mapped(1, in: TemporaryDirectory())[0]
    for count in 0..<40 {
      for index in 0..<8 { memory.store(.max, at: 10 + index) }
      let bytes = (0..<count).map { UInt8($0 + 1) }
      memory.write(bytes, at: 10)
      #expect(memory.bytes(count, at: 10) == bytes)
      let filled = bytes + [UInt8](repeating: 0, count: (8 - count % 8) % 8)
      #expect(
        memory.bytes(64, at: 10) == filled + [UInt8](repeating: 0xFF, count: 64 - filled.count))
    }
    // Up to the end, and no further.
    memory.write([1, 2, 3, 4, 5, 6, 7, 8, 9], at: 2047)
    #expect(memory.bytes(12, at: 2047) == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0])
  }

  @Test("no addition is lost among threads, and no two get the same number")
  func manyAdditions() throws {
    let memory = try mapped(8, in: TemporaryDirectory())
    inThreads(8) { number in
      for _ in 0..<5000 {
        let mine = memory[number].add(1, at: 0)
        // Each number below 40 000 is had once.
        memory[number].add(1, at: 100 + Int(mine % 1000))
        memory[number].raise(to: mine, at: 1)
      }
    }
    #expect(memory[0][0] == 40_000 && memory[0][1] == 39_999)
    #expect((100..<1100).allSatisfy { memory[0][$0] == 40 })
  }

  @Test("of those that replace the same number one does")
  func manyReplacements() throws {
    let memory = try mapped(8, in: TemporaryDirectory())
    inThreads(8) { number in
      for round in 0..<2000 as Range<UInt64> {
        while memory[number][0] < round { sched_yield() }
        if memory[number].replace(round, by: round + 1, at: 0) { memory[number].add(1, at: 1) }
      }
    }
    #expect(memory[0][0] == 2000 && memory[0][1] == 2000)
  }

  /// Without that order two attempts could each miss the other (Dekker's algorithm).
  @Test("of two that write and then look at the other's word at least one sees it")
  func order() throws {
    let memory = try mapped(2, in: TemporaryDirectory())
    let seen = try mapped(2, in: TemporaryDirectory())
    let rounds = 5000
    inThreads(2) { number in
      for round in 1...UInt64(rounds) {
        // Both begin together.
        memory[number].add(1, at: 100)
        memory[number].spin(until: 2 * round, at: 100)
        memory[number].store(round, at: 10 * number)
        if memory[number][10 * (1 - number)] >= round { seen[number].store(1, at: number) }
        memory[number].add(1, at: 200)
        memory[number].spin(until: 2 * round, at: 200)
        if number == 0 {
          if seen[0][0] + seen[0][1] == 0 { seen[0].add(1, at: 3) }
          for index in 0..<2 { seen[0].store(0, at: index) }
        }
        memory[number].add(1, at: 300)
        memory[number].spin(until: 2 * round, at: 300)
      }
    }
    #expect(seen[0][3] == 0)
  }

  @Test("says why a file can't be mapped")
  func unmappable() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "file")
    do throws(SystemError) {
      let file = try File(directory.path("file"), .read)
      _ = try SharedMemory(file, length: 4096)
      Issue.record("mapped, to be written, what was opened to be read")
    } catch {
      #expect(error.action == .map && error.number == EACCES)
      let path = directory.file("file").path
      #expect(error.message.description == "cannot map '\(path)': Permission denied")
    }
  }

  @Test("memory that is hidden is in no core, and only what is in memory is said to be")
  func hiddenMemory() throws {
    let directory = try TemporaryDirectory(in: URL(fileURLWithPath: "/dev/shm"))
    let home = try File(directory.path, .directory)
    for isHidden in [false, true] {
      let name: Path = isHidden ? "hidden" : "plain"
      try File.make(name, in: home, size: 4096) { _ in }
      let file = try File(name, in: home, .readWrite)
      let memory = try SharedMemory(file, length: 4096, isHidden: isHidden)
      let maps = try withExtendedLifetime(memory) {
        try Command("cat", ["/proc/\(getpid())/smaps"]).run().output
      }
      let own = try #require(maps.range(of: directory.file(isHidden ? "hidden" : "plain").path))
      let flags = try #require(maps[own.upperBound...].range(of: "VmFlags:"))
      let words = maps[flags.upperBound...].prefix { $0 != "\n" }.split(separator: " ")
      #expect(words.contains("dd") == isHidden, "\(words)")
      #expect(file.isInMemory && home.isInMemory)
    }
    #expect(try !File("/proc", .directory).isInMemory)
  }
}
