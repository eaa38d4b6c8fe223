import Foundation
import Harness
import Testing

@Suite("Whose guesses count, through the real libpam")
struct GuessedUserTests {
  /// Who is guessed at, by which service and password, what the stack says first, and whether that
  /// makes it a user that doesn't exist.
  struct Row: CustomTestStringConvertible {
    let user, password: String
    let status: String?
    let isSSH: Bool
    let isUnknown: Bool

    init(
      _ user: String, _ password: String = "wrong", says status: String? = nil, isSSH: Bool = false,
      unknown isUnknown: Bool
    ) {
      (self.user, self.password, self.status) = (user, password, status)
      (self.isSSH, self.isUnknown) = (isSSH, isUnknown)
    }

    var testDescription: String { "\(user) \(Array(password.utf8)) \(status ?? "") \(isSSH)" }
  }

  private static let (junk, nobody) = ("\u{8}\n\r\u{7F}INCORRECT", "abl-nobody-has-this-name")

  @Test(
    "the stack's verdict tells which users don't exist, sshd's junk, else this machine's files",
    arguments: [
      Row("bin", says: "user_unknown", unknown: true),
      Row("root", says: "user_unknown", unknown: false),
      Row("bin", says: "auth_err", unknown: false), Row("bin", unknown: false),
      Row(nobody, unknown: true),
      Row("bin", junk, unknown: true), Row("bin", junk + "\u{8}\n", unknown: true),
      Row("bin", "\u{8}", unknown: true),
      Row("root", junk, unknown: false), Row("bin", junk + "x", unknown: false),
      Row("bin", "INCORRECT", unknown: false),
      Row(nobody, "", unknown: true), Row("bin", "", unknown: false),
      // sshd has looked: it hands on what was typed for who exists, in a directory, too.
      Row(nobody, isSSH: true, unknown: false), Row(nobody, junk, isSSH: true, unknown: true),
      Row("bin", isSSH: true, unknown: false),
    ])
  func told(_ row: Row) throws {
    let stack = try Stack("host_rule=?@*:1/1h\n")
    if let status = row.status {
      try stack.services(
        "auth requisite \(Stack.module) config=\(stack.path("pam_abl.conf"))",
        "auth required pam_debug.so auth=\(status)",
        "auth required \(Stack.check) password=right log=\(stack.path("judged"))")
    }
    let connection = row.isSSH ? "SSH_CONNECTION=192.0.2.7 4711 192.0.2.1 22" : "NO_CONNECTION=1"
    _ = try stack.drive("env:" + connection, "auth:" + row.password, "end", user: row.user)
    #expect(try stack.judged == 1)
    #expect(try stack.ablctl("check", "-H", "192.0.2.7").status == (row.isUnknown ? 2 : 0))
    let shown = try stack.ablctl("show", "192.0.2.7", "--json").output
    #expect(shown.contains(#""unknownUser":true"#) == row.isUnknown, "\(shown)")
  }
}
