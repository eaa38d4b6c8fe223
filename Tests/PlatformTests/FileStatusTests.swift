import Foundation
import Harness
import Platform
import Testing

@Suite("The status of a file")
struct FileStatusTests {
  @Test(
    "is trusted if only its owner may write to it", arguments: [0o600, 0o644, 0o700, 0o755, 0o400])
  func trustedMode(_ mode: mode_t) throws {
    #expect(try status(afterMode: mode).isTrustworthy)
  }

  @Test(
    "is not trusted if others may write to it",
    arguments: [0o620, 0o602, 0o622, 0o660, 0o666, 0o777, 0o1777, 0o2775])
  func untrustedMode(_ mode: mode_t) throws {
    #expect(try !status(afterMode: mode).isTrustworthy)
  }

  @Test("is trusted if it is root's, whoever asks")
  func ownedByRoot() throws {
    #expect(try File("/", .directory).status(of: "etc").isTrustworthy)
  }

  @Test("is not trusted if it is somebody else's", .enabled(if: geteuid() == 0))
  func ownedByOthers() throws {
    let directory = try TemporaryDirectory()
    #expect(chown(directory.url.path, 12345, 0) == 0)
    let status = try File(directory.path, .directory).status
    #expect(status.owner == 12345)
    #expect(!status.isTrustworthy)
  }

  @Test("has one identity under all its names")
  func identity() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "a")
    try directory.write("x", to: "other")
    #expect(link(directory.file("a").path, directory.file("b").path) == 0)
    #expect(symlink("a", directory.file("c").path) == 0)
    let home = try File(directory.path, .directory)
    let (a, b) = (try home.status(of: "a"), try home.status(of: "b"))
    #expect(a.identity == b.identity)
    #expect(a.links == 2)
    #expect(try home.status(of: "other").identity != a.identity)
    // A link is not what it leads to.
    let link = try home.status(of: "c")
    #expect(link.kind == .other && link.identity != a.identity)
  }
}

private func status(afterMode mode: mode_t) throws -> FileStatus {
  let directory = try TemporaryDirectory()
  #expect(chmod(directory.url.path, mode) == 0)
  defer { chmod(directory.url.path, 0o700) }
  let parent = try File(
    Path(Array(directory.url.deletingLastPathComponent().path.utf8)), .directory)
  let status = try parent.status(of: Path(Array(directory.url.lastPathComponent.utf8)))
  #expect(status.mode == UInt32(mode))
  return status
}
