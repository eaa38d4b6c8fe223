import BlockList
import Glibc
import Platform
import Policy
import Testing
import Upkeep

import class Harness.Child
import func Harness.waitUntil

@testable import Administration

@Suite struct PurgeTests {
  private let machine = Machine("user_purge = 1d\nlock_timeout = 60000\n")

  private func fill(_ count: Int) throws {
    for first in stride(from: 0, to: count, by: 500) {
      _ = try machine.blockList.restore(
        (first..<min(first + 500, count)).map { number in
          StoredSubject(
            .user(Name(Array("user\(number)".utf8))),
            attempts: [
              RecordedAttempt(
                id: UInt64(number), time: Timestamp(seconds: 1_700_000_000), state: .failed,
                reason: .authentication, service: "sshd", counterpart: nil)
            ])
        }, nil)
    }
  }

  @Test("says how many were removed, and nothing else where nobody looks") func says() throws {
    // First, for it would remove two that have expired.
    try machine.fail(host: nil, user: "bob", at: .now)
    try fill(1200)
    let ended = machine.ablctl("purge")
    #expect(ended == Ended(status: 0, output: "removed 1200 subjects\n", error: ""))
    #expect(machine.ablctl("list", "--quiet").output == "bob\n")
  }

  @Test("interrupted it says how many were removed so far, and leaves the rest as it was")
  func interrupted() throws {
    try fill(3000)
    let output = machine.directory + "/output"
    let child: Child
    let home = try File.directory(creating: Path((machine.directory + "/db").utf8))
    do {
      // It is held up, so that the signal comes when it has begun.
      let lock = try FileLock("lock", in: home, .exclusive, until: Deadline(milliseconds: 10_000))
      child = try Child([
        "/bin/sh", "-c", #"exec "$1" purge -c "$2" >"$3""#, "sh", Machine.program, machine.config,
        output,
      ])
      try waitUntil("ablctl waits for the lock") { Self.isWaiting(child.id) }
      kill(child.id, SIGINT)
      withExtendedLifetime(lock) {}
    }
    #expect(child.status() == 130)
    #expect(
      String(decoding: Machine.bytes(of: output), as: UTF8.self)
        == "removed 500 subjects before it was interrupted\n")
    #expect(machine.ablctl("list", "--quiet").lines.count == 2500)
    #expect(machine.ablctl("store", "--check").status == 0)
    #expect(machine.ablctl("purge").output == "removed 2500 subjects\n")
  }

  /// Whether ablctl has come so far that it keeps SIGINT waiting.
  private static func isWaiting(_ process: pid_t) -> Bool {
    let status = String(decoding: Machine.bytes(of: "/proc/\(process)/status"), as: UTF8.self)
    guard status.hasPrefix("Name:\tablctl\n"),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigBlk:") })
    else { return false }
    return UInt64(line.dropFirst(8), radix: 16).map { $0 & 2 != 0 } ?? false
  }

  @Test(
    "a bar shows the part that is done",
    arguments: [(0, 10, 0), (5, 10, 15), (10, 10, 30), (1, 0, 30)])
  func bar(done: Int, all: Int, full: Int) {
    let line = ProgressBar.line(done, of: all, "removed 3")
    #expect(line.count { $0 == "#" } == full)
    #expect(line.hasSuffix("\(full * 100 / 30) %  removed 3"))
  }
}
