import Foundation
import Harness
import Testing

@testable import Platform

@Suite("An error of the system")
struct SystemErrorTests {
  @Test("says what failed, on what, and why")
  func failures() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", to: "file")
    try FileManager.default.createDirectory(
      at: directory.file("full/x"), withIntermediateDirectories: true)
    let home = try File(directory.path, .directory)
    let readOnly = try File("file", in: home, .read)
    let place = directory.url.path
    #expect(
      message { _ = try File("none", in: home, .read) }
        == "cannot open '\(place)/none': No such file or directory")
    #expect(
      message { _ = try File(directory.path("none"), .directory) }
        == "cannot open '\(place)/none': No such file or directory")
    #expect(
      message { _ = try File(directory.path("file"), .directory) }
        == "cannot open '\(place)/file': Not a directory")
    #expect(message { _ = try home.read(1) } == "cannot read '\(place)': Is a directory")
    #expect(
      message { try readOnly.write([1], at: 0) }
        == "cannot write '\(place)/file': Bad file descriptor")
    #expect(
      message { try readOnly.truncate() } == "cannot resize '\(place)/file': Invalid argument")
    #expect(
      message { _ = try home.status(of: "none") }
        == "cannot inspect '\(place)/none': No such file or directory")
    #expect(
      message { try home.rename("none", to: "other") }
        == "cannot rename '\(place)/none': No such file or directory")
    #expect(
      message { try home.remove("full") } == "cannot remove '\(place)/full': Is a directory")
    #expect(
      message { _ = try File.directory(creating: directory.path("a/b")) }
        == "cannot create '\(place)/a/b': No such file or directory")
  }

  @Test("tells absence, lateness and exhaustion from the rest")
  func kindsOfError() {
    let path: Path = "/x"
    #expect(SystemError(.open, path, ENOENT).isAbsence)
    #expect(!SystemError(.open, path, EACCES).isAbsence)
    #expect(SystemError(.lock, path, ETIMEDOUT).isTimeout)
    #expect(SystemError(.lock, path, ETIMEDOUT).message == "cannot lock '/x': timed out")
    #expect(SystemError(.write, path, ENOSPC).isExhaustion)
    #expect(SystemError(.open, path, EMFILE).isExhaustion)
    #expect(!SystemError(.open, path, ENOENT).isExhaustion)
  }
}

private func message(_ body: () throws -> Void) -> String? {
  do { try body() } catch { return (error as? SystemError)?.message.description }
  return nil
}
