import Harness
import Testing

/// A user name as an attacker sends it, with %XX for odd bytes, and as it is shown.
private struct HostileName {
  let what: String
  let sent: String
  let shown: String

  init(_ what: String, _ sent: String, _ shown: String) {
    (self.what, self.sent, self.shown) = (what, sent, shown)
  }

  static let all = [
    HostileName("spaces", "two%20words%20", "two words "),
    HostileName("format characters", "100%25s%25n%25", "100%s%n%"),
    HostileName("an escape sequence", "%1B[31mred%07", #"\x1b[31mred\x07"#),
    HostileName("a second line", "a%0D%0Asshd%20says", #"a\x0d\x0asshd says"#),
    HostileName("no UTF-8", "%FF%FEx%80", #"\xff\xfex\x80"#),
    HostileName("writing from right to left", "%E2%80%AEtxt", #"\xe2\x80\xaetxt"#),
    HostileName("quotes and backslashes", "'%22%5C", #"'"\\"#),
    HostileName("a shell's words", "$(reboot);`reboot`|-rf", "$(reboot);`reboot`|-rf"),
  ]
}

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct HostileNamesTests {
  /// One failure blocks a user, so that the second try is logged.
  private static func script(sending names: [String]) -> String {
    """
    install_abl "$ABL_BUILD" 'user_rule = *:1/1h'
    protect required testcheck sshd
    guard_sshd
    for name in \(names.map(quoted).joined(separator: " ")); do
      { "$ABL_SUPPORT/sshclient.py" 127.0.0.1 "$ABL_PORT" - "pw:$name:wrong" "kbd:$name:wrong" ||
        true; } | cut -d' ' -f2 | paste -sd' '
    done
    echo "goes on: $(try pw guest right 127.0.0.2)"
    syslog_lines pam_abl | sed 's/.*refusing user/refusing/'
    echo '---'
    ablctl list users --json
    """
  }

  private static func quoted(_ word: String) -> String {
    "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  @Test("odd names reach neither the log nor a terminal as they are, and sshd goes on")
  func namesAreEscaped() throws {
    let names = HostileName.all
    let run = try Sandbox.run(Self.script(sending: names.map { $0.sent }))
    let denied = Array(repeating: "denied denied", count: names.count)
    let logged = names.map { name in
      let quoted = "'" + name.shown.replacing("'", with: "\\x27") + "'"
      return "refusing \(quoted) from 127.0.0.1 for sshd: user \(quoted) is blocked by *:1/1h"
    }
    let lines = run.lines
    #expect(
      Array(lines.prefix { $0 != "---" }) == denied + ["goes on: ok"] + logged, "\(run)")
    let listed = try run.listed(after: denied.count + 1 + logged.count + 1)
    #expect(Set(listed.map { $0.name }) == Set(names.map { $0.shown }))
  }

  @Test("a name of 600 bytes is cut, told from others that begin alike, and counted")
  func longNamesAreCut() throws {
    let long = String(repeating: "x", count: 600)
    let run = try Sandbox.run(Self.script(sending: [long, long + "y"]))
    let answers = run.lines.prefix(3)
    #expect(Array(answers) == ["denied denied", "denied denied", "goes on: ok"], "\(run)")
    let listed = try run.listed(after: 6)
    #expect(listed.count == 2)
    for subject in listed {
      #expect(subject.name.utf8.count == 255)
      #expect(subject.name.hasPrefix(String(repeating: "x", count: 238) + "~"))
    }
  }
}
