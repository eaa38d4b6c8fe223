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
      "UNKNOWN", "2001:DB8::1", "Example.ORG", "", "a b", "*", "2001:db8:5::/64", "2001:db8::1/64",
    ]
    let names =
      every + texts.map { Name(Array($0.utf8)) } + [
        Name([0xC3]), Name([0xC3, 0x28, 0xFF]), Name([UInt8](repeating: 0xFF, count: 255)),
      ]
    let addresses: [HostAddress] = [
      .v4(0), .v4(0xC000_0207), .v4(.max), .v6(high: 0x2001_0DB8_0000_0000, low: 1),
      .v6(high: 0, low: 1), .v6(high: .max, low: .max),
    ]
    let prefixes: [Host] = [
      .network(Network(of: .v6(high: 0x2001_0DB8_0005_0000, low: 0), prefixLength: 64)),
      .network(Network(of: .v4(0xC633_0000), prefixLength: 24)),
    ]
    let subjects =
      addresses.map { Subject.host(.address($0)) } + names.map { .host(.name($0)) }
      + prefixes.map { .host($0) }
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
