import Foundation
import Harness
import Testing

@testable import Platform

extension TemporaryDirectory {
  /// A file in it, as the system has its name.
  func path(_ name: String) -> Path { Path(Array(file(name).path.utf8)) }

  /// The directory itself.
  var path: Path { Path(Array(url.path.utf8)) }

  /// Makes a file in it.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: file(name))
  }
}

/// A way to open a link, and the `errno` of it; nil if it is followed.
struct LinkOpening: CustomTestStringConvertible {
  var access: File.Access
  var target: String
  var number: Int32?

  init(_ access: File.Access, _ target: String, _ number: Int32?) {
    (self.access, self.target, self.number) = (access, target, number)
  }

  var testDescription: String { "\(access) of a link to a \(target)" }
}

@Suite("A file")
struct FileTests {
  @Test(
    "follows no symbolic link, unless told to",
    arguments: [
      LinkOpening(.directory, "directory", ENOTDIR),
      LinkOpening(.read, "file", ELOOP),
      LinkOpening(.readWrite, "file", ELOOP),
      LinkOpening(.readWrite, "nothing", ELOOP),
      LinkOpening(.readLinked, "file", nil),
      LinkOpening(.readLinked, "nothing", ENOENT),
    ])
  func symbolicLink(_ opening: LinkOpening) throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "file")
    try FileManager.default.createDirectory(
      at: directory.file("directory"), withIntermediateDirectories: false)
    #expect(symlink(opening.target, directory.file("link").path) == 0)
    let number = errorNumber { _ = try File(directory.path("link"), opening.access) }
    #expect(number == opening.number)
  }

  @Test("follows no link where it makes a file")
  func linkInTheWay() throws {
    let directory = try TemporaryDirectory()
    #expect(symlink("elsewhere", directory.file("link").path) == 0)
    let home = try File(directory.path, .directory)
    let number = errorNumber { _ = try File("link", in: home, .readWrite, creating: true) }
    #expect(number == ELOOP)
    #expect(!FileManager.default.fileExists(atPath: directory.file("elsewhere").path))
  }

  @Test("doesn't hang at a FIFO", .timeLimit(.minutes(20)))
  func fifo() throws {
    let directory = try TemporaryDirectory()
    #expect(mkfifo(directory.file("fifo").path, 0o600) == 0)
    for access in [File.Access.read, .readLinked, .readWrite] {
      let file = try File(directory.path("fifo"), access)
      let kind = try file.status.kind
      #expect(kind == .other)
    }
  }

  @Test("is not passed on to programs")
  func closeOnExec() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    let file = try File("file", in: home, .readWrite, creating: true)
    for descriptor in [home.descriptor, file.descriptor] {
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }
  }

  @Test("never takes the place of standard input, output or error")
  func standardDescriptors() async {
    await #expect(processExitsWith: .success) {
      for descriptor: Int32 in 0...2 { close(descriptor) }
      let home = try File("/", .directory)
      let file = try File("/dev/null", .read)
      guard home.descriptor > 2, file.descriptor > 2 else { exit(1) }
      // And nothing of it was left there; other threads of the tests may have opened something.
      for descriptor: Int32 in 0...2 {
        var (there, own) = (stat(), stat())
        guard fstat(descriptor, &there) == 0 else { continue }
        for opened in [home.descriptor, file.descriptor] {
          guard fstat(opened, &own) == 0 else { exit(4) }
          if (there.st_dev, there.st_ino) == (own.st_dev, own.st_ino) { exit(2) }
        }
      }
      guard fcntl(file.descriptor, F_GETFD) & FD_CLOEXEC != 0 else { exit(3) }
      exit(0)
    }
  }

  @Test("is closed at the end of its life")
  func closing() throws {
    let directory = try TemporaryDirectory()
    let links = openFiles(under: directory)
    do {
      let file = try File(directory.path, .directory)
      let open = openFiles(under: directory)
      #expect(open.count == links.count + 1)
      withExtendedLifetime(file) {}
    }
    #expect(openFiles(under: directory) == links)
  }

  @Test("is made for its owner alone, and taken as it is if it is there")
  func creation() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    let absent = errorNumber { _ = try File("file", in: home, .readWrite) }
    #expect(absent == ENOENT)
    do {
      let file = try File("file", in: home, .readWrite, creating: true)
      let status = try file.status
      #expect(status.kind == .regular && status.mode == 0o600 && status.size == 0)
      #expect(file.path == directory.path("file"))
      try file.write([1, 2, 3], at: 0)
    }
    let again = try File("file", in: home, .readWrite, creating: true)
    let bytes = try again.read(10)
    #expect(bytes == [1, 2, 3])
  }

  @Test("reads and writes at a place")
  func content() throws {
    let directory = try TemporaryDirectory()
    let home = try File(directory.path, .directory)
    let file = try File("file", in: home, .readWrite, creating: true)
    let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try file.write(large, at: 3)
    try file.write([], at: 9_000_000)
    let status = try file.status
    #expect(status.size == 300_003)
    let all = try file.read(1 << 20)
    #expect(all == [0, 0, 0] + large)
    let part = try file.read(2, at: 4)
    #expect(part == [7, 14])
    let (none, behind, negative) = (
      try file.read(0), try file.read(5, at: 1 << 30), try file.read(-5)
    )
    #expect(none == [] && behind == [] && negative == [])
    try file.truncate()
    try file.synchronize()
    let empty = try file.read(10)
    #expect(empty == [])
  }

  @Test("makes a directory that is missing, for its owner alone")
  func directoryCreation() throws {
    let directory = try TemporaryDirectory()
    for _ in 0..<2 {
      let made = try File.directory(creating: directory.path("new"))
      let status = try made.status
      #expect(status.kind == .directory && status.mode == 0o700)
    }
  }

  @Test("renames over a file, and removes one that may be absent")
  func renaming() throws {
    let directory = try TemporaryDirectory()
    try directory.write("new", to: "a")
    try directory.write("old", to: "b")
    let home = try File(directory.path, .directory)
    try home.rename("a", to: "b")
    try home.synchronize()
    #expect(try String(contentsOf: directory.file("b"), encoding: .utf8) == "new")
    try home.remove("b")
    try home.remove("b")
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == [])
  }
}

/// The `errno` of the call that failed; nil if none did.
func errorNumber(_ body: () throws -> Void) -> Int32? {
  do { try body() } catch { return (error as? SystemError)?.number }
  return nil
}

/// What this process has open in `directory`, by name.
func openFiles(under directory: TemporaryDirectory) -> [String] {
  let links = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
  return (links ?? [])
    .compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
    }
    .filter { $0.hasPrefix(directory.url.path) }
    .sorted()
}
