import BlockList
import Glibc
import Policy
import Testing

@testable import Administration

@Suite(.enabled(if: RealPamAbl.hasDump, "needs db5.3_dump of Debian's db5.3-util"))
struct DamagedImportTests {
  private let machine = Machine()
  private let now = Timestamp.now.seconds

  private func records(_ count: Int) -> [(name: [UInt8], record: [UInt8])] {
    (0..<count).map { number in
      (Array("10.0.\(number / 256).\(number % 256)".utf8), oldRecord([(now, 4, "eve", "sshd")]))
    }
  }

  @Test("tells where a record is damaged, and keeps the rest of it") func record() {
    var broken = oldRecord([(now, 4, "eve", "sshd"), (now + 1, 4, "eve", "sshd")])
    broken.removeLast(3)
    let all = [(Array("10.0.0.1".utf8), broken), (Array("10.0.0.2".utf8), [1, 2])] + records(1)
    #expect(machine.loadOld("hosts.db", all).status == 0)
    let ended = machine.ablctl("import", "pam_abl", machine.old)
    let file = machine.old + "/hosts.db"
    #expect(
      ended.error == """
        ablctl: \(file), line 10 of its dump: '10.0.0.1', byte 29 of its record: the record ends in \
        the middle, after 1 of 2 attempts
        ablctl: \(file), line 12 of its dump: '10.0.0.2', byte 2 of its record: the record ends in \
        its head

        """)
    let summary = "imported 2 hosts and 0 users, 2 attempts, 0 of them known before\n"
    #expect(ended.output == summary)
    #expect(ended.status == 1)
    let dump = machine.directory + "/hosts.db.dump"
    let again = machine.ablctl("import", "pam_abl", "--dump", dump)
    #expect(again.error.hasPrefix("ablctl: \(dump):8: '10.0.0.1', byte 29 of its record: "))
    #expect(again.output == summary.replacing("0 of them", with: "2 of them"))
  }

  @Test(
    "saves what can be found in a damaged file, and says where it is damaged",
    arguments: [
      (#"truncate -s 100000 "$1""#, 200, "db5.3_verify: BDB3037 "),
      (#"truncate -s 98304 "$1""#, 200, "db5.3_verify: BDB0"),
      (
        #"dd if=/dev/zero bs=4096 seek=20 count=3 conv=notrunc status=none of="$1""#, 1500,
        "db5.3_verify: BDB0501 Page 20: "
      ),
    ])
  func file(damage: String, least: Int, complaint: String) throws {
    #expect(machine.loadOld("hosts.db", records(2000)).status == 0)
    let file = machine.old + "/hosts.db"
    #expect(Machine.shell(damage, file).status == 0)
    let ended = machine.ablctl("import", "pam_abl", machine.old)
    #expect(ended.status == 1)
    #expect(ended.error.hasPrefix("ablctl: '\(file)' is damaged: " + complaint))
    let kept = machine.ablctl("list", "--quiet").lines.count
    #expect(kept >= least)
    #expect(kept < 2000)
    #expect(ended.output.hasPrefix("imported \(kept) hosts and 0 users, "))
  }

  @Test("says that a file is none") func foreign() {
    for file in ["/etc/passwd", "/dev/null"] {
      let ended = machine.ablctl("import", "pam_abl", "--host", file)
      let error = "ablctl: '\(file)' is no database of Berkeley DB or Kyoto Cabinet\n"
      #expect(ended.error == error)
      #expect(ended.status == 1)
    }
    let missing = machine.ablctl("import", "pam_abl", "--user", "/none")
    #expect(missing.error == "ablctl: cannot open '/none': No such file or directory\n")
    let dump = machine.ablctl("import", "pam_abl", "--user", "--dump", "/none")
    #expect(dump.error == missing.error)
    #expect(dump.status == 1)
  }

  @Test(
    "takes over a store of Kyoto Cabinet",
    .enabled(
      if: RealPamAbl.kchashmgr != nil, "needs kchashmgr of Debian's kyotocabinet-utils"))
  func kyoto() throws {
    let program = try #require(RealPamAbl.kchashmgr)
    let root = program.replacing("/usr/bin/kchashmgr", with: "")
    let wrapper = machine.directory + "/kchashmgr"
    let libraries = "\(root)/usr/lib/x86_64-linux-gnu:\(root)/lib/x86_64-linux-gnu"
    Machine.write("#!/bin/sh\nLD_LIBRARY_PATH=\(libraries) exec \(program) \"$@\"\n", to: wrapper)
    chmod(wrapper, 0o755)
    let record = oldRecord([(now, 0, "eve", "sshd"), (now, 0, "eve", "sshd")])
    let hexadecimal = record.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(
      separator: " ")
    let script =
      #"mkdir -p "$2"; "$1" create "$2/host.kch"; "$1" set -sx "$2/host.kch" "31 30 2e 30 2e 30 2e 31" "$3""#
    #expect(Machine.shell(script, wrapper, machine.old, hexadecimal).status == 0)
    let path = ["PATH=\(machine.directory):/usr/bin:/bin"]
    let ended = machine.ablctl("import", "pam_abl", machine.old, environment: path)
    let summary = "imported 1 host and 0 users, 2 attempts, 0 of them known before\n"
    #expect(ended == Ended(status: 0, output: summary, error: ""))
    #expect(machine.ablctl("show", "10.0.0.1", "--json").lines.count == 2)
    #expect(Machine.shell(#"truncate -s 500 "$1/host.kch""#, machine.old).status == 0)
    let damaged = machine.ablctl("import", "pam_abl", machine.old, environment: path)
    let complaint =
      "ablctl: '\(machine.old)/host.kch' is damaged: "
    #expect(damaged.error.hasPrefix(complaint))
    #expect(damaged.status == 1)
  }
}
