import BlockList
import Glibc
import Platform
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct CompactTests {
  private let machine = Machine("user_rule = *:3/1h\nlock_timeout = 60000\n")

  private func fill(_ count: Int) throws {
    let subjects = (0..<count).map { number in
      StoredSubject(
        .user(Name(Array("user\(number)".utf8))),
        attempts: [
          RecordedAttempt(
            id: UInt64(number), time: .now, state: .failed, reason: .authentication,
            service: "sshd", counterpart: nil)
        ])
    }
    for first in stride(from: 0, to: count, by: 500) {
      _ = try machine.blockList.restore(Array(subjects[first..<min(first + 500, count)]), nil)
    }
  }

  @Test("says how large the store was and is") func says() throws {
    #expect(machine.ablctl("compact").output == "there is no store yet\n")
    try fill(3000)
    let ended = machine.ablctl("compact")
    #expect(ended.status == 0 && ended.error == "")
    let pattern = /[0-9.]+ KiB before, [0-9.]+ KiB now; logins waited for at most [0-9]+ ms\n/
    #expect(try pattern.wholeMatch(in: ended.output) != nil, "\(ended.output)")
    #expect(machine.ablctl("list", "--quiet").lines.count == 3000)
  }

  @Test("gives the store the size that is set, and says so, or that it is too small") func size()
    throws
  {
    try fill(20_000)
    let homes = "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
    machine.configure(homes + "max_size = 128M\n")
    #expect(
      machine.ablctl("compact").output.contains(
        "; it may grow to 128 MiB, before that was 64 MiB; logins waited for"))
    machine.configure(homes + "max_size = 1M\n")
    let ended = machine.ablctl("compact")
    #expect(
      ended.error
        == "ablctl: 'max_size' (1 MiB) is too small for what is stored and a tenth to spare;"
        + " the store is as it was\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("list", "--quiet").lines.count == 20_000)
  }

  @Test("loses nothing of what four others write meanwhile") func writers() throws {
    try fill(2000)
    // With one at least among ten of each writer.
    let script = """
      : >"$3"
      for writer in 1 2 3 4; do
        (for i in $(seq 40); do
          "$1" fail -c "$2" -H 192.0.2.$writer -U "new$i" -s sshd
          until [ "$(wc -l <"$3")" -ge $((i / 10)) ]; do sleep 0.01; done
        done) &
      done
      while [ "$(jobs -r | wc -l)" -gt 0 ]; do
        "$1" compact -c "$2"
        echo >>"$3"
        jobs >/dev/null
      done
      wait
      """
    let ended = Machine.spawn(
      "/bin/bash",
      ["-c", script, "bash", Machine.program, machine.config, machine.directory + "/compacted"]
        .map { Array($0.utf8) },
      environment: ["PATH=/usr/bin:/bin"])
    #expect(ended.error == "")
    #expect(ended.lines.count > 3)
    let stored = try machine.blockList.storedSubjects(after: nil, count: 10_000).subjects
    #expect(stored.count == 2000 + 4 + 40)
    let attempts = stored.map { $0.attempts.count }.reduce(0, +)
    #expect(attempts == 2000 + 2 * 4 * 40)
    #expect(machine.ablctl("store", "--check").status == 0)
  }

  @Test("killed at any moment it leaves the store as it was, and nothing that the next one keeps")
  func killed() throws {
    try fill(2000)
    let before = try machine.blockList.storedSubjects(after: nil, count: 10_000).subjects
    for round in 1...48 {
      _ = Machine.shell(
        #"timeout -s KILL "$3" "$1" compact -c "$2" || true"#, Machine.program, machine.config,
        "0.0\(round < 10 ? "0" : "")\(round)")
      let after = try machine.blockList.storedSubjects(after: nil, count: 10_000).subjects
      #expect(after == before)
    }
    #expect(machine.ablctl("store", "--check").status == 0)
    #expect(machine.ablctl("compact").status == 0)
    #expect(access(machine.directory + "/db/data.mdb.compact", F_OK) != 0)
  }
}
