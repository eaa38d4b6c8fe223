import Foundation
import Harness
import Platform
import Testing

private func lock(
  _ directory: TemporaryDirectory, _ mode: FileLock.Mode, within milliseconds: Int64 = 0
) throws(SystemError) -> FileLock {
  let home = try File(directory.path, .directory)
  return try FileLock("lock", in: home, mode, until: Deadline(milliseconds: milliseconds))
}

/// Whether the lock can be had at once.
private func isFree(_ directory: TemporaryDirectory, _ mode: FileLock.Mode) throws -> Bool {
  do throws(SystemError) {
    _ = try lock(directory, mode)
    return true
  } catch {
    #expect(error.isTimeout)
    return false
  }
}

@Suite("A lock of a file")
struct FileLockTests {
  @Test("is shared by readers, and a writer's alone")
  func modes() throws {
    let directory = try TemporaryDirectory()
    do {
      let reader = try lock(directory, .shared)
      #expect(try isFree(directory, .shared))
      #expect(try !isFree(directory, .exclusive))
      withExtendedLifetime(reader) {}
    }
    do {
      let writer = try lock(directory, .exclusive)
      #expect(try !isFree(directory, .shared))
      #expect(try !isFree(directory, .exclusive))
      withExtendedLifetime(writer) {}
    }
    #expect(try isFree(directory, .exclusive))
  }

  @Test("is waited for until the deadline, and no longer")
  func deadline() throws {
    let directory = try TemporaryDirectory()
    let writer = try lock(directory, .exclusive)
    let start = Clock.milliseconds
    let error = #expect(throws: SystemError.self) {
      _ = try lock(directory, .shared, within: 60)
    }
    #expect((60..<30_000).contains(Clock.milliseconds - start))
    #expect(error?.isTimeout == true)
    #expect(error?.path == directory.path("lock"))
    withExtendedLifetime(writer) {}
  }

  @Test("is free again when its holder is killed", .timeLimit(.minutes(20)))
  func killedHolder() throws {
    let directory = try TemporaryDirectory()
    // Its child doesn't have the lock, but lives until the pipe ends.
    let holder = try Child([
      "/usr/bin/flock", "--close", directory.file("lock").path, "sh", "-c", "echo had; read line",
    ])
    #expect(holder.line() == "had")
    #expect(try !isFree(directory, .exclusive))
    holder.die()
    _ = try lock(directory, .exclusive, within: 30_000)
  }

  @Test("is given back though a child has a copy of its descriptor")
  func inheritedDescriptor() throws {
    let directory = try TemporaryDirectory()
    var copy: Int32 = -1
    do {
      let writer = try lock(directory, .exclusive)
      copy = dup(try #require(descriptor(of: directory.file("lock").path)))
      #expect(try !isFree(directory, .exclusive))
      withExtendedLifetime(writer) {}
    }
    #expect(fcntl(copy, F_GETFD) != -1)
    #expect(try isFree(directory, .exclusive))
    close(copy)
  }

  @Test(
    "is taken on the file that is there now, if that was replaced meanwhile",
    .timeLimit(.minutes(20)), arguments: [true, false])
  func replacedFile(isMadeAnew: Bool) throws {
    let directory = try TemporaryDirectory()
    let end = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var isOursAlone = false
    do {
      let old = try lock(directory, .exclusive)
      let path = directory.file("lock").path
      let waiter = Thread {
        if let lock = try? lock(directory, .exclusive, within: 30_000) {
          isOursAlone = (try? isFree(directory, .exclusive)) == false
          withExtendedLifetime(lock) {}
        }
        end.signal()
      }
      waiter.start()
      // Until it has opened the old one, too.
      try waitUntil("both have it open") {
        openFiles(under: directory).filter({ $0 == path }).count >= 2
      }
      #expect(unlink(path) == 0)
      if isMadeAnew { try directory.write("", to: "lock") }
      withExtendedLifetime(old) {}
    }
    end.wait()
    #expect(isOursAlone)
    #expect(FileManager.default.fileExists(atPath: directory.file("lock").path))
  }

  @Test("is an error, not a wait, where there is no directory any more")
  func removedDirectory() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    try FileManager.default.removeItem(at: directory.url)
    let number = errorNumber {
      _ = try FileLock("lock", in: home, .exclusive, until: Deadline(milliseconds: 30_000))
    }
    #expect(number == ENOENT)
  }
}

/// Under which number this process has `path` open.
private func descriptor(of path: String) -> Int32? {
  (3..<1024).first {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
  }
}
