import Foundation
import Harness
import Platform
import Testing

/// A program that this process started and has to wait for.
private struct Child {
  let id: pid_t

  init(_ arguments: [String]) throws {
    var id: pid_t = 0
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    try #require(posix_spawn(&id, arguments[0], nil, nil, &words, environ) == 0)
    self.id = id
  }

  var identity: ProcessIdentity { ProcessIdentity(id: id, seen: ProcessIdentity.current.seen) }

  /// When it started, as the kernel says it.
  var start: UInt64? {
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      let close = text.lastIndex(of: ")")
    else { return nil }
    return UInt64(text[close...].split(separator: " ")[20])
  }

  /// Waits until it is a zombie.
  func waitForEnd() {
    var information = siginfo_t()
    #expect(waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) == 0)
  }

  /// Ends it, and takes its status: nothing is left of it.
  func end() {
    kill(id, SIGKILL)
    #expect(waitpid(id, nil, 0) == id)
  }
}

@Test("is alive in the process itself")
func currentProcess() {
  let current = ProcessIdentity.current
  #expect(current.id == getpid())
  #expect(current.seen > 0)
  #expect(current.isAlive)
}

@Test("dies with its process, also while that is a zombie")
func deadChild() throws {
  let child = try Child(["/bin/sleep", "1000"])
  let identity = child.identity
  #expect(identity.isAlive)
  kill(child.id, SIGKILL)
  child.waitForEnd()
  #expect(!identity.isAlive)
  child.end()
  #expect(!identity.isAlive)
}

@Test("is not a later process of the same number")
func reusedNumber() throws {
  let child = try Child(["/bin/sleep", "1000"])
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
  let child = try Child(["/bin/sleep", "1000"])
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
  while try String(contentsOfFile: "/proc/\(child.id)/comm", encoding: .utf8) != name + "\n" {}
  #expect(child.identity.isAlive)
}
