import BlockList
import Glibc
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct MetricsTests {
  private let machine = Machine()

  @Test("says all of it, whole") func whole() throws {
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "root", at: now.adding(-3000), times: 3)
    try machine.fail(host: nil, user: "bob", service: "su", at: Timestamp(seconds: 1_000_000_000))
    let blockList = machine.blockList
    for time in [1_700_000_000, 1_700_000_100] as [Int64] {
      let attempt = Attempt(host: "192.0.2.8", user: "eve")
      let time = Timestamp(seconds: time)
      guard case .admitted(let reservation?) = try blockList.admit(attempt, at: time) else {
        return #expect(Bool(false))
      }
      try blockList.settle(reservation, .failed, at: time)
    }
    _ = try blockList.refusal(of: Attempt(host: "192.0.2.7", user: nil), at: now)
    let ended = machine.ablctl("metrics")
    #expect(ended.error == "")
    #expect(ended.status == 0)
    let size = try #require(try blockList.storeLook()?.size)
    let free = (size.pages.all - size.pages.used) * size.pages.size
    #expect(
      ended.output == """
        # TYPE abl_blocked gauge
        # HELP abl_blocked Hosts, networks, users and callers that are blocked now.
        abl_blocked{kind="host"} 1
        abl_blocked{kind="network"} 0
        abl_blocked{kind="user"} 0
        abl_blocked{kind="home"} 0
        abl_blocked{kind="caller"} 0
        # TYPE abl_subjects gauge
        # HELP abl_subjects Hosts, networks, users and callers on record.
        abl_subjects{kind="host"} 2
        abl_subjects{kind="network"} 0
        abl_subjects{kind="user"} 3
        abl_subjects{kind="home"} 0
        abl_subjects{kind="caller"} 0
        # TYPE abl_attempts gauge
        # HELP abl_attempts Attempts on record, each counted once.
        abl_attempts{state="failed"} 6
        abl_attempts{state="refused"} 1
        # TYPE abl_attempts_waiting gauge
        # HELP abl_attempts_waiting Attempts that wait to be put into the store.
        abl_attempts_waiting 3
        # TYPE abl_oldest_waiting_timestamp_seconds gauge
        # UNIT abl_oldest_waiting_timestamp_seconds seconds
        # HELP abl_oldest_waiting_timestamp_seconds When the oldest attempt that waits for the store was made.
        abl_oldest_waiting_timestamp_seconds 1700000000
        # TYPE abl_attempts_in_flight gauge
        # HELP abl_attempts_in_flight Attempts whose password is being judged.
        abl_attempts_in_flight 0
        # TYPE abl_store_bytes gauge
        # UNIT abl_store_bytes bytes
        # HELP abl_store_bytes What the store takes on the disk.
        abl_store_bytes \(size.disk)
        # TYPE abl_store_limit_bytes gauge
        # UNIT abl_store_limit_bytes bytes
        # HELP abl_store_limit_bytes How large the store may become.
        abl_store_limit_bytes 67108864
        # TYPE abl_store_free_bytes gauge
        # UNIT abl_store_free_bytes bytes
        # HELP abl_store_free_bytes What the store has room for.
        abl_store_free_bytes \(free)
        # TYPE abl_store_files_moved_aside gauge
        # HELP abl_store_files_moved_aside Files of the store that were found damaged.
        abl_store_files_moved_aside 0
        # TYPE abl_login_waits counter
        # HELP abl_login_waits Attempts that waited for others at their own host or user.
        abl_login_waits_total 0
        # TYPE abl_login_lock_taken counter
        # HELP abl_login_lock_taken Times that a login found the lock of the store taken, and went on without it.
        abl_login_lock_taken_total 0
        # TYPE abl_login_slots_lost counter
        # HELP abl_login_slots_lost Attempts that lost their slot of the table to another process, and began anew.
        abl_login_slots_lost_total 0
        # EOF

        """)
    #expect(try Exposition(ended.output).families.count == 13)
  }

  @Test("leaves out what can't be told, and no name is in it") func empty() throws {
    let none = try Exposition(machine.ablctl("metrics").output)
    #expect(none.families["abl_store_bytes"] == nil)
    #expect(none.families["abl_oldest_waiting_timestamp_seconds"] == nil)
    #expect(none.families["abl_subjects"]?.samples.map { $0.value } == ["0", "0", "0", "0", "0"])
    for name in [String(repeating: "n", count: 255), "\"} 1\n# EOF\n", "\\"] {
      try machine.fail(host: name, user: name, service: name, at: .now)
    }
    let hostile = try Exposition(machine.ablctl("metrics").output)
    #expect(
      hostile.families["abl_subjects"]?.samples.map { $0.value } == ["3", "0", "3", "0", "0"])
    #expect(hostile.families["abl_attempts"]?.samples.map { $0.value } == ["3", "0"])
    #expect(hostile.families["abl_store_bytes"]?.samples.count == 1)
  }

  @Test("writes a file for everybody to read, and only a whole one") func file() throws {
    let file = machine.directory + "/abl.prom"
    Machine.write("old\n", to: file)
    chmod(file, 0o600)
    let ended = machine.ablctl("metrics", "--file", file)
    #expect(ended == Ended(status: 0, output: "", error: ""))
    var status = stat()
    #expect(stat(file, &status) == 0 && status.st_mode & 0o7777 == 0o644)
    let text = String(decoding: Machine.bytes(of: file), as: UTF8.self)
    #expect(try Exposition(text).families["abl_blocked"] != nil)

    // Whatever the umask is.
    let words = ["-c", "umask 077; exec \"$@\"", "sh", Machine.program, "metrics"]
    let masked = Machine.spawn(
      "/bin/sh", (words + ["-c", machine.config, "--file", file]).map { Array($0.utf8) },
      environment: [])
    #expect(masked == Ended(status: 0, output: "", error: ""))
    #expect(stat(file, &status) == 0 && status.st_mode & 0o7777 == 0o644)

    // The store can't be read: what is there stays.
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    #expect(truncate(machine.directory + "/db/data.mdb", 9000) == 0)
    let failed = machine.ablctl("metrics", "--file", file)
    #expect(failed.status == 1)
    #expect(failed.error.hasSuffix("data.mdb': it is shorter than its header says\n"))
    #expect(Machine.bytes(of: file) == Array(text.utf8))
    #expect(machine.ablctl("metrics").output == "")
  }

  @Test(
    "knows what is no OpenMetrics, as this test reads it",
    arguments: [
      "", "a 1\n", "# TYPE a gauge\n# HELP a x\na 1\n", "# EOF", "# EOF\n\n",
      "# TYPE a gauge\n# HELP a x\na_total 1\n# EOF\n",
      "# TYPE a counter\n# HELP a x\na 1\n# EOF\n",
      "# TYPE a gauge\n# UNIT a bytes\n# HELP a x\na 1\n# EOF\n",
      "# TYPE a gauge\n# HELP a x\na{b=\"c} 1\n# EOF\n",
      "# TYPE a gauge\n# HELP a x\na 1\na 2\n# EOF\n",
      "# TYPE 1a gauge\n# HELP 1a x\n1a 1\n# EOF\n",
      "# TYPE a gauge\n# HELP a x\na  1\n# EOF\n",
      "# TYPE a gauge\n# HELP a x\na x\n# EOF\n",
      "# TYPE a gauge\n# HELP a x\na 1\n# TYPE a gauge\n# HELP a x\na{b=\"c\"} 1\n# EOF\n",
    ])
  func grammar(text: String) {
    #expect(throws: Exposition.Mistake.self) { try Exposition(text) }
  }
}

/// What stands in a text of OpenMetrics; of its grammar, what ablctl uses, and more strictly: each
/// family has a type and a help, and is there once.
private struct Exposition {
  struct Family {
    var (type, unit, help): (String?, String?, String?)
    var samples: [(labels: String, value: Substring)] = []
  }

  struct Mistake: Error {
    let line: Substring
  }

  private(set) var families: [String: Family] = [:]

  init(_ text: String) throws {
    guard text.hasSuffix("# EOF\n") else { throw Mistake(line: "no end") }
    var current: String?
    for line in text.dropLast(6).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    {
      if let match = line.wholeMatch(of: /# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) {
        let name = String(match.2)
        if name != current {
          guard families[name] == nil else { throw Mistake(line: line) }
          families[name] = Family()
          current = name
        }
        try describe(name, match.1, String(match.3), line)
      } else {
        guard let current else { throw Mistake(line: line) }
        try take(line, current)
      }
    }
    for (name, family) in families {
      let isWhole = family.type != nil && family.help != nil && !family.samples.isEmpty
      guard isWhole else { throw Mistake(line: name[...]) }
    }
  }

  private mutating func describe(
    _ name: String, _ what: Substring, _ text: String, _ line: Substring
  ) throws {
    // Metadata stand before the samples, once.
    guard families[name]?.samples.isEmpty == true else { throw Mistake(line: line) }
    switch what {
    case "TYPE" where families[name]?.type == nil && ["gauge", "counter"].contains(text):
      families[name]?.type = text
    case "UNIT" where families[name]?.unit == nil && name.hasSuffix("_" + text):
      families[name]?.unit = text
    case "HELP" where families[name]?.help == nil && !text.contains("\\"):
      families[name]?.help = text
    default: throw Mistake(line: line)
    }
  }

  private mutating func take(_ line: Substring, _ family: String) throws {
    let pattern =
      /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*"\})? (-?[0-9]+)/
    guard let match = line.wholeMatch(of: pattern), let type = families[family]?.type,
      match.1 == family + (type == "counter" ? "_total" : "")
    else { throw Mistake(line: line) }
    let labels = String(match.2 ?? "")
    let known = families[family]?.samples ?? []
    guard !known.contains(where: { $0.labels == labels }) else { throw Mistake(line: line) }
    families[family]?.samples.append((labels, match.3))
  }
}
