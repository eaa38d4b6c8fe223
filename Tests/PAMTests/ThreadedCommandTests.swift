import Foundation
import Harness
import Testing

/// Commands started by a program with threads, whose locks may be anyone's at that moment.
@Suite("Commands of a program with threads, through the real libpam")
struct ThreadedCommandTests {
  /// A stack where each failure blocks its host, and the command writes down whom.
  private static func stack() throws -> Stack {
    let stack = try Stack()
    try stack.write("#!/bin/sh\necho \"$1\" >>\(stack.path("ran"))\n", to: "program")
    chmod(stack.path("program"), 0o755)
    try stack.write("", to: "ran")
    // On a busy machine too each failure finds its way into the store.
    try stack.configure(
      "host_rule=*:1/1h\nlock_timeout=60s\nhost_block_cmd=[\(stack.path("program"))] [%h]\n")
    return stack
  }

  /// Lets so many threads fail so often each, and says how often a command was run for whom.
  private static func fail(
    _ stack: Stack, threads: Int, attempts: Int, _ more: String...
  ) throws -> [String: Int] {
    let words = [stack.path("pam.d"), "t", "\(threads)", "\(attempts)"]
    let outcome = try stack.run(Stack.support("threads"), words + more)
    #expect(outcome.lines == ["7 \(threads * attempts)"], "\(outcome)")
    let isEnded = try eventually { try processes(of: stack) == 0 }
    #expect(isEnded, "none is left behind, waiting for a lock")
    #expect(try stack.log == [])
    return try stack.text("ran").split(separator: "\n").reduce(into: [:]) {
      $0[String($1), default: 0] += 1
    }
  }

  /// How many processes are copies of the program, or wait for a command.
  private static func processes(of stack: Stack) throws -> Int {
    let outcome = try Command("/usr/bin/pgrep", ["-fc", "[t]hreads \(stack.path("pam.d"))"]).run()
    return Int(outcome.lines.first ?? "") ?? 0
  }

  @Test("each is run, once, and ends", arguments: [1, 16, 48])
  func each(threads: Int) throws {
    let ran = try Self.fail(Self.stack(), threads: threads, attempts: 192 / threads)
    #expect(ran.count == 192)
    #expect(ran.values.allSatisfy { $0 == 1 }, "\(ran)")
  }

  @Test("each is run while another thread has the lock of malloc")
  func locked() throws {
    let ran = try Self.fail(Self.stack(), threads: 2, attempts: 4, "locked")
    #expect(ran.count == 8)
  }
}
