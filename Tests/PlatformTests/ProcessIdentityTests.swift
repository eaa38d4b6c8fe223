import Foundation
import Harness
import Platform
import Testing

extension Child {
  fileprivate var identity: ProcessIdentity {
    ProcessIdentity(id: id, seen: ProcessIdentity.current.seen)
  }

  /// When it started, as the kernel says it.
  fileprivate var start: UInt64? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let close = text.lastIndex(of: ")")
    else { return nil }
    return UInt64(text[close...].split(separator: " ")[20])
  }
}

@Suite("A process")
struct ProcessIdentityTests {
  @Test("is alive in the process itself")
  func currentProcess() {
    let current = ProcessIdentity.current
    #expect(current.id == getpid())
    #expect(current.seen > 0)
    #expect(current.isAlive)
  }

  @Test("dies with its process, also while that is a zombie")
  func deadChild() throws {
    let child = try Child.idle()
    let identity = child.identity
    #expect(identity.isAlive)
    child.die()
    #expect(!identity.isAlive)
    child.end()
    #expect(!identity.isAlive)
  }

  @Test("is not a later process of the same number")
  func reusedNumber() throws {
    let child = try Child.idle()
    defer { child.end() }
    let start = try #require(child.start)
    #expect(ProcessIdentity(id: child.id, seen: start).isAlive)
    #expect(!ProcessIdentity(id: child.id, seen: start - 1).isAlive)
    #expect(!ProcessIdentity(id: .max, seen: .max).isAlive)
    #expect(!ProcessIdentity(id: .min, seen: .max).isAlive)
  }

  @Test("is seen by the clock that says when a process started")
  func clockOfStarts() throws {
    let before = ProcessIdentity.current.seen
    let child = try Child.idle()
    defer { child.end() }
    let start = try #require(child.start)
    #expect(before <= start && start <= ProcessIdentity.current.seen)
  }

  @Test(
    "isn't confused by the name of a program", arguments: ["a) Z 1 2 (b", ") Z 3", "((", "a b\nc"])
  func programName(_ name: String) throws {
    let directory = try TemporaryDirectory()
    // A link: a copy could not be started while a child that another test has just begun holds it
    // open to be written.
    try FileManager.default.createSymbolicLink(
      at: directory.file(name), withDestinationURL: URL(fileURLWithPath: "/bin/sleep"))
    let child = try Child([directory.file(name).path, "1000"])
    defer { child.end() }
    // Until the child has become the program it still has our name.
    try waitUntil("the child is the program") {
      try String(contentsOfFile: "/proc/\(child.id)/comm", encoding: .utf8) == name + "\n"
    }
    #expect(child.identity.isAlive)
  }

  @Test("is running, stopped or gone")
  func condition() throws {
    let child = try Child.idle()
    #expect(child.identity.condition == .running)
    child.stop()
    #expect(child.identity.condition == .stopped)
    #expect(child.identity.isAlive)
    child.resume()
    #expect(child.identity.condition == .running)
    child.stop()
    child.die()
    #expect(child.identity.condition == .gone)
    child.end()
    #expect(child.identity.condition == .gone)
    #expect(ProcessIdentity(id: 0, seen: .max).condition == .gone)
  }
}
