import BlockList
import Glibc
import Platform
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct BackupTests {
  private let machine = Machine()
  private let other = Machine()

  private var file: String { machine.directory + "/export" }

  /// Subjects whose names have every byte, with all that can be kept of them.
  private static func hostile() -> [StoredSubject] {
    let every = (0...255).map { Name([UInt8($0), 0]) }
    let texts = [
      #"a\b"#, #"\x41"#, #"\\"#, #"\"#, "\"quoted\"", "é", "\u{202E}x", "\u{1B}[31m", "192.0.2.7",
      "UNKNOWN", "2001:DB8::1", "Example.ORG", "", "a b", "*",
    ]
    let names =
      every + texts.map { Name(Array($0.utf8)) } + [
        Name([0xC3]), Name([0xC3, 0x28, 0xFF]), Name([UInt8](repeating: 0xFF, count: 255)),
      ]
    let addresses: [HostAddress] = [
      .v4(0), .v4(0xC000_0207), .v4(.max), .v6(high: 0x2001_0DB8_0000_0000, low: 1),
      .v6(high: 0, low: 1), .v6(high: .max, low: .max),
    ]
    let subjects =
      addresses.map { Subject.host(.address($0)) } + names.map { .host(.name($0)) }
      + names.map { .user($0) }
    return subjects.enumerated().map { index, subject in
      let other = subjects[(index * 7 + 3) % subjects.count]
      var stored = StoredSubject(
        subject,
        attempts: (0..<(index % 5)).map { number in
          RecordedAttempt(
            id: UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(number),
            time: Timestamp(seconds: times[(index + number) % times.count]),
            state: (index + number) % 2 == 0 ? .failed : .refused,
            reason: .init(rawValue: UInt8(1 + (index + number) % 4)) ?? .both,
            service: names[(index * 3 + number) % names.count],
            counterpart: index % 4 == 0 || other.kind == subject.kind ? nil : other)
        })
      stored.isBlocked = index % 3 == 0
      stored.isEvictedLast = index % 7 == 0
      if index % 6 == 0 {
        stored.series.count = UInt16(1 + index)
        stored.series.begin = Timestamp(seconds: times[index % 4])
        stored.series.end = index % 12 == 0 ? nil : Timestamp(seconds: 1_700_000_001)
        stored.series.endBefore = Timestamp(seconds: 1_600_000_000)
        stored.series.until = Timestamp(seconds: times[(index + 1) % times.count])
        stored.series.seen = Timestamp(seconds: 1_700_000_002)
      }
      stored.due = Timestamp(seconds: times[index % times.count])
      stored.aheadSince = index % 5 == 0 ? Timestamp(seconds: 1_700_000_000) : nil
      return stored
    }
  }

  /// Also such as no calendar shows, and not in order.
  private static let times: [Int64] = [
    1_700_000_000, 0, 253_402_300_799, 253_402_300_800, .max, 1_600_000_000,
  ]

  private func all(_ machine: Machine) throws -> [StoredSubject] {
    try machine.blockList.storedSubjects(after: nil, count: 10_000).subjects
  }

  @Test("brings everything back, whatever the names and the clocks were") func roundTrip() throws {
    let stored = Self.hostile()
    let clock = ClockMemory(
      steadySince: Timestamp(seconds: 1_700_000_000), lastSeen: Timestamp(seconds: 1_700_000_123))
    #expect(
      try machine.blockList.restore(stored, clock) == stored.map(\.attempts.count).reduce(0, +))
    #expect(try all(machine).count == stored.count)
    let exported = machine.ablctl("export", "--output", file)
    #expect(exported == Ended(status: 0, output: "", error: ""))
    let imported = other.ablctl("import", file)
    #expect(imported.status == 0)
    #expect(imported.error == "")
    #expect(try all(other) == all(machine))
    #expect(try other.blockList.clockMemory() == clock)
    let again = other.ablctl("export")
    #expect(
      again.output.split(separator: "\n").dropFirst() == text.split(separator: "\n").dropFirst())
  }

  private var text: String {
    String(decoding: Machine.bytes(of: file), as: UTF8.self)
  }

  @Test("brings long histories back") func long() throws {
    let attempts = (0..<3000).map { number in
      RecordedAttempt(
        id: UInt64(number), time: Timestamp(seconds: 1_700_000_000 + Int64(number)), state: .failed,
        reason: .authentication, service: "sshd", counterpart: .user("root"))
    }
    let subjects = (0..<20).map { number in
      StoredSubject(.user(Name(Array("user\(number)".utf8))), attempts: attempts)
    }
    _ = try machine.blockList.restore(subjects, nil)
    #expect(machine.ablctl("export", "-o", file).status == 0)
    #expect(
      other.ablctl("import", "abl", file).output
        == "imported 0 hosts and 20 users, 60000 attempts, 0 of them known before\n")
    #expect(try all(other) == all(machine))
  }

  @Test("a second import changes nothing, and one into a store in use adds what it lacks")
  func again() throws {
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "bob", at: now.adding(-10), times: 2)
    #expect(machine.ablctl("export", "-o", file).status == 0)
    try machine.fail(host: "192.0.2.7", user: nil, at: now)
    let before = try all(machine)
    let known = "imported 1 host and 1 user, 4 attempts, 4 of them known before\n"
    #expect(machine.ablctl("import", file) == Ended(status: 0, output: known, error: ""))
    #expect(try all(machine) == before)
    try other.fail(host: "192.0.2.7", user: nil, at: now)
    let new = "imported 1 host and 1 user, 4 attempts, 0 of them known before\n"
    #expect(other.ablctl("import", file).output == new)
    #expect(other.ablctl("import", file).output == known)
    #expect(other.ablctl("check", "-H", "192.0.2.7").status == 2)
    #expect(other.ablctl("show", "192.0.2.7", "--json").lines.count == 3)
  }

  @Test("a dry run writes nothing") func dry() throws {
    try machine.fail(host: "192.0.2.7", user: "bob", at: .now)
    #expect(machine.ablctl("export", "-o", file).status == 0)
    let ended = other.ablctl("import", "--dry-run", file)
    #expect(ended.output == "would import 1 host and 1 user, 2 attempts\n")
    #expect(other.ablctl("list", "--quiet").output == "")
  }

  @Test("an export is its owner's alone, and takes the place of an older one when it is whole")
  func replaces() throws {
    Machine.write("old\n", to: file)
    #expect(machine.ablctl("export", "-o", file).status == 0)
    var status = stat()
    #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(text.hasPrefix(#"{"format":"abl export","version":1,"exported":""#))
    let none = machine.ablctl("export", "-o", machine.directory + "/none/export")
    #expect(none.status == 1)
    #expect(none.error.hasSuffix("/none/export': No such file or directory\n"))
    let link = machine.directory + "/link"
    #expect(symlink(file, link) == 0)
    Machine.write("old\n", to: file)
    #expect(machine.ablctl("export", "-o", link).status == 0)
    #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(text.hasPrefix(#"{"format":"abl export","version":1,"exported":""#))
  }
}

/// Where another user may have put something, in place of the file that is to be.
@Suite(.enabled(if: geteuid() == 0, "gives files to others")) struct HostileTargetTests {
  private let machine = Machine()

  private func export(_ target: String) -> Ended { machine.ablctl("export", "-o", target) }

  private static let reason =
    "it is no ordinary file, and others than root may have put it there; name another"

  @Test("an export is not written through a link or into a pipe that another has put there")
  func planted() throws {
    chmod(machine.directory, 0o1777)
    let (victim, target) = (machine.directory + "/victim", machine.directory + "/target")
    Machine.write("precious\n", to: victim)
    #expect(symlink(victim, target) == 0 && lchown(target, 65534, 65534) == 0)
    let refused = "ablctl: cannot write to '\(target)': \(Self.reason)\n"
    #expect(export(target) == Ended(status: 1, output: "", error: refused))
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    unlink(target)
    #expect(mkfifo(target, 0o666) == 0 && lchown(target, 65534, 65534) == 0)
    // Somebody waits for it.
    let reader = open(target, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reader) }
    #expect(export(target) == Ended(status: 1, output: "", error: refused))
  }

  @Test("nor through one of root's in a directory where another can exchange it") func exchanged() {
    let (victim, target) = (machine.directory + "/victim", machine.directory + "/dir/target")
    Machine.write("precious\n", to: victim)
    #expect(mkdir(machine.directory + "/dir", 0o777) == 0)
    #expect(symlink(victim, target) == 0)
    for (owner, mode) in [(0, 0o777), (65534, 0o755), (65534, 0o1777)] as [(uid_t, mode_t)] {
      chmod(machine.directory + "/dir", mode)
      chown(machine.directory + "/dir", owner, 0)
      #expect(export(target).error.hasSuffix(Self.reason + "\n"))
    }
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    chown(machine.directory + "/dir", 0, 0)
    chmod(machine.directory + "/dir", 0o1777)
    #expect(export(target) == Ended(status: 0, output: "", error: ""))
    #expect(Machine.bytes(of: victim).starts(with: Array(#"{"format":"#.utf8)))
  }

  @Test("a file of another is replaced, not written to; and standard output is")
  func replaced() throws {
    chmod(machine.directory, 0o1777)
    let (target, second) = (machine.directory + "/target", machine.directory + "/second")
    Machine.write("precious\n", to: target)
    #expect(chown(target, 65534, 65534) == 0 && link(target, second) == 0)
    #expect(export(target) == Ended(status: 0, output: "", error: ""))
    #expect(Machine.bytes(of: second) == Array("precious\n".utf8))
    var status = stat()
    #expect(stat(target, &status) == 0 && status.st_uid == 0 && status.st_mode & 0o777 == 0o600)
    #expect(export("/dev/stdout").output.hasPrefix(#"{"format":"abl export""#))
  }
}

@Suite struct BadBackupTests {
  private let machine = Machine()
  private var file: String { machine.directory + "/export" }
  private static let head = #"{"format":"abl export","version":1}"#
  private static let good =
    #"{"kind":"user","name":"bob","attempts":["#
    + #"{"id":"1","time":1700000000,"service":"sshd"}]}"#
  private static let end = #"{"end":true,"subjects":1,"attempts":1}"#

  @Test(
    "tells the place of what can't be read, and takes over the rest",
    arguments: [
      ("nonsense", "1: expected an object, '{'"),
      (#"{"kind":"host","name":"x"}"#, "1: 'attempts' is missing"),
      (
        #"{"kind":"thing","name":"x","attempts":[]}"#,
        #"9: expected "host", "network", "user", "home" or "caller""#
      ),
      (#"{"kind":"user","name":"\\y","attempts":[]}"#, "1: no subject can have this name"),
      (#"{"kind":"host","name":"UNKNOWN","attempts":[]}"#, "1: no subject can have this name"),
      (#"{"kind":"user","name":"x","attempts":[{}]}"#, "39: 'id' is missing"),
      (
        #"{"kind":"user","name":"x","attempts":[{"id":"g"}]}"#,
        "45: expected up to 16 hexadecimal digits"
      ),
      (
        #"{"kind":"user","name":"x","attempts":[{"id":"1","state":"odd"}]}"#,
        "57: this word is unknown"
      ),
    ])
  func badLine(line: String, complaint: String) {
    Machine.write([Self.head, Self.good, line, Self.end].joined(separator: "\n"), to: file)
    let ended = machine.ablctl("import", file)
    #expect(ended.error == "ablctl: \(file):3:\(complaint)\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("list", "--quiet").output == "bob\n")
  }

  @Test(
    "refuses what is no export, or of a newer version",
    arguments: [
      ("", "it is empty"), ("x\n", "it is no export of abl"), ("{}\n", "it is no export of abl"),
      (#"{"format":"abl export","version":3}"#, "its format is version 3, this is for 2"),
    ])
  func refuses(text: String, reason: String) {
    Machine.write(text + "\n" + Self.good + "\n", to: file)
    if text.isEmpty { Machine.write("", to: file) }
    let ended = machine.ablctl("import", file)
    #expect(
      ended == Ended(status: 1, output: "", error: "ablctl: cannot import '\(file)': \(reason)\n"))
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test("says that the end is missing, and takes over what there is") func cut() {
    Machine.write(Self.head + "\n" + Self.good + "\n", to: file)
    let ended = machine.ablctl("import", file)
    let complaint = "its end is missing; what there is of it is taken over"
    #expect(ended.error == "ablctl: \(file): \(complaint)\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("list", "--quiet").output == "bob\n")
  }

  @Test("tells that the store is full, and what to do") func full() {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nmax_size = 1M\n")
    let lines = (0..<20_000).map { number in
      #"{"kind":"user","name":"user\#(number)","attempts":["#
        + #"{"id":"\#(number)","time":1700000000,"service":"sshd"}]}"#
    }
    Machine.write(([Self.head] + lines).joined(separator: "\n"), to: file)
    let ended = machine.ablctl("import", file)
    #expect(
      ended.error.hasPrefix("ablctl: the store is full: set a larger 'max_size', run 'ablctl "))
    #expect(ended.status == 1)
    #expect(machine.ablctl("fail", "-U", "bob", "-s", "sshd").status == 0)
  }
}

@Suite struct SpellingTests {
  @Test("each name has a spelling of its own, which gives it back")
  func names() {
    var generator = Splitmix(state: 3)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? UInt8(ascii: "\\") : UInt8.random(in: 0...255, using: &generator)
      }
      #expect(Spelling.name(Array(Name(bytes).shown.utf8)[...]) == Name(bytes))
      let host = Host.name(Name(bytes))
      #expect(Spelling.host(Array(Spelling.text(of: host).utf8)[...]) == host)
    }
  }

  @Test(
    "what is spelled otherwise is read as an application would name it",
    arguments: [
      ("Example.ORG", "example.org"), ("2001:DB8:0::1", "2001:db8::1"), ("010.0.0.1", "10.0.0.1"),
      ("::ffff:10.0.0.1", "10.0.0.1"),
    ])
  func hosts(text: String, name: String) {
    #expect(Spelling.host(Array(text.utf8)[...])?.shown == name)
  }

  @Test("a backslash that begins nothing is refused", arguments: [#"\"#, #"\x"#, #"\x4"#, #"a\n"#])
  func bad(text: String) { #expect(Spelling.bytes(Array(text.utf8)[...]) == nil) }
}
