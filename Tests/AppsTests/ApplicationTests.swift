import Foundation
import Harness
import Testing

/// An application of Debian's that asks PAM, and the program that it is.
struct Application: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let program: String

  static let all = [
    Application("sshd", "/usr/sbin/sshd"),
    Application("su", "/usr/bin/su"),
    Application("sudo", "/usr/bin/sudo"),
    Application("login", "/usr/bin/login"),
    Application("chsh", "/usr/bin/chsh"),
    Application("vsftpd", "/usr/sbin/vsftpd"),
    Application("dovecot", "/usr/sbin/dovecot"),
    Application("saslauthd", "/usr/sbin/saslauthd"),
    Application("postgresql", "/usr/lib/postgresql"),
    Application("apache", "/usr/lib/apache2/modules/mod_authnz_pam.so"),
    Application("squid", "/usr/sbin/squid"),
    Application("mariadb", "/usr/lib/mysql/plugin/auth_pam.so"),
    Application("mariadb-v1", "/usr/lib/mysql/plugin/auth_pam_v1.so"),
    Application("caddy", "/usr/bin/caddy"),
    Application("xsecurelock", "/usr/libexec/xsecurelock/authproto_pam"),
  ]

  init(_ name: String, _ program: String) {
    (testDescription, self.program) = (name, program)
  }

  /// `make test-apps` installs what is missing; `make test` goes without.
  var isInstalled: Bool { FileManager.default.fileExists(atPath: program) }
}

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct ApplicationTests {
  @Test(
    "one wrong password and then the right one: one failure on record, and the login works",
    arguments: Application.all.filter { $0.isInstalled })
  func oneWrongOneRight(_ application: Application) throws {
    let apps = Command(
      Repository.file("Tests/Support/apps"), ["--no-install", application.testDescription],
      patience: 150)
    let run = try apps.run()
    #expect(run.status == 0 && run.lines.last == "1 passed, 0 failed", "\(run)")
  }
}

@Suite(.enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct BrowserTests {
  private static let isThere = FileManager.default.fileExists(atPath: "/usr/bin/chromium")

  @Test(
    "in chromium, light and dark, wide and narrow, names do nothing, and other sites' pages neither",
    .enabled(if: isThere, "needs chromium: make test-apps"))
  func page() throws {
    let run = try Command(
      Repository.file("Tests/Support/browser"), ["--no-install"], patience: 300
    ).run()
    #expect(run.status == 0 && run.lines.last == "32 passed, 0 failed", "\(run)")
  }
}
