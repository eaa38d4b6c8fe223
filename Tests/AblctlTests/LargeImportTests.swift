import Glibc
import Policy
import Testing

@testable import Administration

@Suite(
  .enabled(if: RealPamAbl.hasDump, "needs db5.3_dump of Debian's db5.3-util"),
  .enabled(if: RealPamAbl.program != nil, RealPamAbl.reason))
struct LargeImportTests {
  private static let rules =
    "host_rule=*:10/1h,30/1d\nuser_rule=*:3/1h,9/1d\nhost_purge=2d\nuser_purge=2d\n"
  private let machine = Machine(LargeImportTests.rules)
  private let now = Timestamp.now.seconds

  /// The ablctl that `make` builds; nil if it isn't built.
  private static let optimizedProgram: String? = {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let program = root + "/.build/release/ablctl"
    return access(program, X_OK) == 0 ? program : nil
  }()

  /// Attempts whose ages are minutes away from any edge of a rule.
  private func record(_ generator: inout Splitmix) -> [UInt8] {
    let count = [1, 1, 2, 3, 5, 9, 12, 30].randomElement(using: &generator) ?? 1
    let ages: [ClosedRange<Int64>] = [0...3000, 0...3000, 4500...80_000, 93_000...160_000]
    let attempts = (0..<count).map { _ in
      let age = Int64.random(in: ages.randomElement(using: &generator) ?? 0...0, using: &generator)
      let reason = Int32.random(in: 1...4, using: &generator)
      return (now - age, reason, "other\(reason)", "sshd")
    }
    return oldRecord(attempts.sorted { $0.0 < $1.0 })
  }

  /// Name and verdict of each, in the order of names.
  private func verdicts(_ listing: String) -> [String] {
    var kind = ""
    var (verdicts, name): ([String], String) = ([], "")
    for line in listing.split(separator: "\n") {
      if line.hasPrefix("\t\t") {
        verdicts.append(kind + name + line)
      } else if line.hasPrefix("\t") {
        name = String(line)
      } else {
        kind = String(line)
      }
    }
    return verdicts.sorted()
  }

  @Test("takes over 10000 hosts and 10000 users, hundreds with each sync, verdicts included")
  func large() throws {
    var generator = Splitmix(state: 1)
    let hosts = (0..<10_000).map { number in
      (Array("10.\(number / 65536).\(number / 256 % 256).\(number % 256)".utf8), record(&generator))
    }
    let users = (0..<10_000).map { (Array("user\($0)".utf8), record(&generator)) }
    #expect(machine.loadOld("hosts.db", hosts).status == 0)
    #expect(machine.loadOld("users.db", users).status == 0)
    let words = ["import", "pam_abl", machine.old, "-c", machine.config].map { Array($0.utf8) }
    let program = Self.optimizedProgram ?? Machine.program
    let syncs = machine.directory + "/syncs"
    Machine.write("", to: syncs)
    let shim = try Later(seconds: 0, machine).environment
    let ended = Machine.spawn(
      program, words, environment: shim + ["PATH=/usr/bin:/bin", "ABL_TEST_SYNCS=\(syncs)"])
    #expect(ended.error == "")
    #expect(ended.status == 0)
    #expect(ended.output.hasPrefix("imported 10000 hosts and 10000 users, "))
    let count = Machine.bytes(of: syncs).count { $0 == UInt8(ascii: "\n") }
    #expect((1...100).contains(count), "\(count) syncs")
    let config = machine.oldConfiguration(Self.rules)
    let theirs = Machine.spawn(
      try #require(RealPamAbl.program), [Array(config.utf8)], environment: ["TZ=UTC"])
    let (old, new) = (verdicts(theirs.output), verdicts(machine.pamAbl().output))
    #expect(old.count == 20_000)
    #expect(old.contains { $0.contains("Blocked based on rule [*]") })
    #expect(old.contains { $0.contains("Not blocking") })
    #expect(old == new)
  }
}
