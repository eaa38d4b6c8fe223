import Foundation
import Harness
import Testing

@testable import Platform

extension TemporaryDirectory {
  fileprivate var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  /// Makes the file `name` in it, of one page, that begins with `bytes`.
  fileprivate func make(_ bytes: [UInt8]) throws(SystemError) {
    let home = try File(path, .directory)
    try File.make("made", in: home, size: 4096) { (file) throws(SystemError) in
      try file.write(bytes, at: 0)
    }
  }
}

@Suite("The making of a file")
struct FileMakingTests {
  @Test("a file is made whole, for its owner alone, with all of its room")
  func wholeFile() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    var namesMeanwhile = ["?"]
    try File.make("made", in: home, size: 1 << 20) { (file) throws(SystemError) in
      namesMeanwhile = directory.names
      let status = try file.status
      #expect(status.size == 1 << 20)
      try file.write([1, 2, 3], at: 5000)
    }
    // Nothing was there before it was complete.
    #expect(namesMeanwhile == [])
    #expect(directory.names == ["made"])
    let file = try File("made", in: home, .read)
    let (status, space) = (try file.status, try home.space(of: "made"))
    #expect(status.isTrustworthyFile && status.mode == 0o600 && status.size == 1 << 20)
    #expect(space.disk >= 1 << 20)
    let bytes = try file.read(4, at: 4999)
    #expect(bytes == [0, 1, 2, 3])
  }

  @Test("one that is there stays", arguments: ["file", "link", "directory"])
  func existingFile(kind: String) throws {
    let directory = try TemporaryDirectory()
    switch kind {
    case "file": try directory.write("old", to: "made")
    case "link": #expect(symlink("nowhere", directory.file("made").path) == 0)
    default:
      try FileManager.default.createDirectory(
        at: directory.file("made"), withIntermediateDirectories: false)
    }
    let before = try FileManager.default.attributesOfItem(atPath: directory.file("made").path)
    try directory.make([1])
    let after = try FileManager.default.attributesOfItem(atPath: directory.file("made").path)
    #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
    #expect(directory.names == ["made"])
    if kind == "file" {
      #expect(try String(contentsOf: directory.file("made"), encoding: .utf8) == "old")
    }
  }

  @Test("one that is made meanwhile stays")
  func overtakenFile() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    try File.make("made", in: home, size: 4096) { (file) throws(SystemError) in
      try directory.make([7])
      try file.write([1], at: 0)
    }
    #expect(try Data(contentsOf: directory.file("made")).first == 7)
    #expect(directory.names == ["made"])
  }

  @Test("of many that make it at once one has made all of it", .timeLimit(.minutes(20)))
  func manyMakers() throws {
    for _ in 0..<20 {
      let directory = try TemporaryDirectory()
      DispatchQueue.concurrentPerform(iterations: 8) { number in
        #expect(throws: Never.self) {
          try directory.make([UInt8](repeating: UInt8(number + 1), count: 4096))
        }
      }
      #expect(directory.names == ["made"])
      let bytes = try Data(contentsOf: directory.file("made"))
      #expect(bytes.count == 4096 && Set(bytes).count == 1 && bytes[0] > 0)
    }
  }

  @Test("nothing is left behind when it can't be filled")
  func unfilledFile() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    let number = errorNumber {
      try File.make("made", in: home, size: 4096) { (_) throws(SystemError) in
        throw SystemError(.write, "somewhere", EIO)
      }
    }
    #expect(number == EIO)
    #expect(directory.names == [] && openFiles(under: directory) == [directory.url.path])
  }

  @Test("nothing is left behind in a directory that is gone, or isn't ours")
  func noDirectory() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    try FileManager.default.removeItem(at: directory.url)
    #expect(errorNumber { try File.make("made", in: home, size: 1) { _ in } } == ENOENT)
  }

  @Test(
    "nothing is left behind where there is no room", .enabled(if: Mounts.areAvailable, "needs root")
  )
  func noRoom() async {
    await #expect(processExitsWith: .success) {
      try Mounts.becomeOwn()
      let directory = try TemporaryDirectory()
      try Mounts.memory(at: directory.url.path, "size=64k")
      defer { Mounts.release(directory.url.path) }
      let home = try File(directory.path, .directory)
      do throws(SystemError) {
        try File.make("made", in: home, size: 1 << 20) { _ in }
        Issue.record("made, where there is no room")
      } catch {
        #expect(error.isWithoutRoom && error.action == .resize)
      }
      #expect(directory.names == [])
      // There is room for a smaller one, as there was.
      try File.make("made", in: home, size: 60_000) { _ in }
      #expect(directory.names == ["made"])
    }
  }

  @Test(
    "without /proc, where a file without a name can't get one, all of that is so as well",
    .enabled(if: Mounts.areAvailable, "needs root, to hide /proc"))
  func withoutProc() async {
    await #expect(processExitsWith: .success) {
      try Mounts.becomeOwn()
      let directory = try TemporaryDirectory()
      try Mounts.memory(at: "/proc", "size=4k")
      #expect(access("/proc/self/fd", F_OK) != 0)
      try directory.make([1])
      #expect(directory.names == ["made"])
      #expect(try Data(contentsOf: directory.file("made")).first == 1)
      try directory.make([2])
      #expect(directory.names == ["made"])
      #expect(try Data(contentsOf: directory.file("made")).first == 1)
      let home = try File(directory.path, .directory)
      var namesMeanwhile: [String] = []
      let number = errorNumber {
        try File.make("other", in: home, size: 4096) { (_) throws(SystemError) in
          namesMeanwhile = directory.names
          throw SystemError(.write, "somewhere", EIO)
        }
      }
      #expect(namesMeanwhile.count == 2 && namesMeanwhile[1].hasPrefix("new."))
      #expect(number == EIO && directory.names == ["made"])
    }
  }
}
