import Policy
import Testing

@testable import Administration

/// The web interface of BlueOnyx reads `pam_abl -v`: white space is made `;`, lines that begin with
/// Reading, No, Failed or nothing are left out, a line of two fields is a name and how often it is
/// there, and each other is `SERVICE [OTHER] REASON date`.
@Suite struct BlueOnyxTests {
  private let machine = Machine()

  private static let parser = #"""
    { gsub(/[ \t]+/, ";"); sub(/^;/, ""); sub(/;$/, "") }
    $0 == "" || /^(Reading|No|Failed)(;|$)/ { next }
    { fields = split($0, field, ";") }
    fields == 2 { gsub(/[()]/, "", field[2]); name = field[1]; print "entry", name, field[2]; next }
    { other = fields == 8 ? field[2] : "-"; print "attempt", name, field[1], other, field[fields - 5] }
    """#

  private func parsed() -> [String] {
    let script = #""$1" -v "$2" | awk "$3""#
    _ = machine.pamAbl("-p")
    let ended = Machine.shell(script, machine.directory + "/pam_abl", machine.config, Self.parser)
    #expect(ended.error == "")
    return ended.lines.map { String($0) }
  }

  @Test("understands our lists") func lists() throws {
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "alice", at: now, times: 2)
    try machine.fail(host: nil, user: "bob", service: "login", at: now)
    _ = machine.pamAbl("-f", "-H", "2001:DB8::1", "-R", "HOST", "-s", "sshd")
    #expect(
      parsed() == [
        "entry alice 2", "attempt alice sshd 192.0.2.7 AUTH", "attempt alice sshd 192.0.2.7 AUTH",
        "entry bob 1", "attempt bob login - AUTH",
        "entry 192.0.2.7 2", "attempt 192.0.2.7 sshd alice AUTH",
        "attempt 192.0.2.7 sshd alice AUTH",
        "entry 2001:db8::/64 1", "attempt 2001:db8::/64 sshd - HOST",
      ])
    #expect(machine.pamAbl("-wH", "192.0.2.7").status == 0)
    #expect(machine.pamAbl("-p").status == 0)
    #expect(!parsed().contains("entry 192.0.2.7 2"))
  }

  @Test("can't be fooled by a name") func hostile() throws {
    try machine.fail(host: "192.0.2.7", user: "eve (9)\n\troot (99)\t \u{1B}[2J", at: .now)
    let name = #"eve\x20(9)\x0a\x09root\x20(99)\x09\x20\x1b[2J"#
    #expect(
      parsed() == [
        "entry \(name) 1", "attempt \(name) sshd 192.0.2.7 AUTH",
        "entry 192.0.2.7 1", "attempt 192.0.2.7 sshd \(name) AUTH",
      ])
  }
}
