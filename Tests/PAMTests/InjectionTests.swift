import Foundation
import Harness
import Testing

/// Each system call of a login fails once: Tests/Support/inject.
///
/// A read of the store that failed was once taken for damage, and the store was moved aside with all
/// its blocks; a login that could not read which boot this is had a table of its own, into which no
/// other looked.
///
/// The promise is root's: who isn't leaves a login to the stack if anything is wrong with the store.
@Suite(
  "Failing system calls, through the real libpam", .serialized,
  .enabled(if: geteuid() == 0, "needs root: the module of who isn't gives up the store"))
struct InjectionTests {
  private static let errors = [
    "EIO", "ENOSPC", "EINTR", "EPERM", "ENOMEM", "EMFILE", "EAGAIN", "ENOSYS", "KILL",
  ]

  private static let tool = Repository.file("Tests/Support/inject")

  private func sweep(_ kind: String, _ faults: [String], every: Int) throws {
    let stack = try Stack("host_rule=*:3/1h\nuser_rule=*:5000/1h\npending_wait=2s\n")
    let words = ["--every", "\(every)", stack.directory, kind] + faults
    let outcome = try stack.run(Self.tool, words, patience: Effort.isLong ? 3000 : 900)
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.lines.count == 2, "\(outcome)")
    #expect(try stack.ablctl("store", "--check").status == 0)
    print(outcome.lines.joined(separator: "; "))
  }

  @Test(
    "whichever one fails: no crash, no hang, the right count, and nothing moved aside",
    arguments: ["wrong", "blocking", "right", "blocked"])
  func each(kind: String) throws {
    try sweep(kind, Self.errors, every: Effort.isLong ? 1 : 7)
  }

  @Test(
    "a program that is stopped at any of them holds up nobody at other hosts",
    .enabled(if: Effort.isLong, "takes long: make test-long"),
    arguments: ["wrong", "blocking", "right", "blocked"])
  func stopped(kind: String) throws {
    try sweep(kind, ["STOP"], every: Effort.isLong ? 1 : 31)
  }
}
