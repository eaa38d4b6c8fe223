import Foundation
import Harness
import Testing

/// Dovecot as Debian has it, with conf/dovecot and a password for joe, at ports of the loopback.
private final class Dovecot {
  let api: Server
  private let directory: String
  private let port: Int
  private var process: Child?

  /// The settings of 2.4 have other names.
  static let isThere =
    geteuid() == 0
    && (try? Command("/usr/sbin/dovecot", ["--version"]).run().output.hasPrefix("2.3."))
      == true
  private static let secret = "a-secret-of-the-tests"

  init(_ rules: String) throws {
    let ports = Loopback.freePorts(2)
    port = ports[1]
    api = try Server(
      rules,
      ["report=dovecot:imap", "dovecot=\(ports[0]):dovecot:\(Self.secret)", "look-ms=20000"])
    directory = api.directory
    let policy = try Repository.text(of: "conf/dovecot/95-abl.conf")
      .replacingOccurrences(of: "4848", with: String(ports[0]))
      .replacingOccurrences(of: "PUT-A-SECRET-HERE", with: Self.secret)
      .replacingOccurrences(of: "timeout_msecs = 2000", with: "timeout_msecs = 30000")
    mkdir(directory + "/mail", 0o777)
    chmod(directory + "/mail", 0o777)
    try write("users", "joe:{PLAIN}right\n")
    try write("dovecot.conf", configuration + policy)
    process = try Child(["/usr/sbin/dovecot", "-F", "-c", directory + "/dovecot.conf"])
    try waitUntil("dovecot listens") { try login("nobody:x").contains("curl: (7)") == false }
  }

  // It would wait for its children for minutes.
  deinit { process?.endAll() }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: directory + "/" + name, atomically: false, encoding: .utf8)
    chmod(directory + "/" + name, 0o644)
  }

  private var configuration: String {
    """
    protocols = imap
    listen = 127.0.0.1
    base_dir = \(directory)/base
    state_dir = \(directory)/state
    log_path = \(directory)/dovecot.log
    ssl = no
    disable_plaintext_auth = no
    auth_failure_delay = 0
    first_valid_uid = 1
    mail_location = maildir:\(directory)/mail/%u
    service anvil {
      unix_listener anvil-auth-penalty {
        mode = 0
      }
    }
    service imap-login {
      inet_listener imap {
        port = \(port)
      }
      inet_listener imaps {
        port = 0
      }
    }
    passdb {
      driver = passwd-file
      args = scheme=PLAIN username_format=%u \(directory)/users
    }
    userdb {
      driver = static
      args = uid=mail gid=mail home=\(directory)/mail/%u
    }

    """
  }

  /// What curl says of one login.
  func login(_ login: String, from address: String = "127.0.0.1") throws -> String {
    let words = [
      "-sS", "-m", "60", "--interface", address, "-u", login, "imap://127.0.0.1:\(port)/",
    ]
    return try Command("curl", words).run().error
  }

  func isLetIn(_ login: String, from address: String = "127.0.0.1") throws -> Bool {
    try self.login(login, from: address).isEmpty
  }

  /// Of all at one time, how many are on record as failures.
  func crowd(_ count: Int, _ login: String) async throws {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count { group.addTask { _ = try? self.login(login) } }
    }
  }

  var failures: Int {
    get throws {
      let lines = try api.ask("GET", "/metrics").body.split(separator: "\n")
      let line = lines.first { $0.hasPrefix(#"abl_attempts{state="failed"}"#) }
      return Int(line?.split(separator: " ").last ?? "") ?? -1
    }
  }
}

extension Dovecot: @unchecked Sendable {}

@Suite(.enabled(if: Dovecot.isThere, "needs root, and Dovecot 2.3: apt-get install dovecot-imapd"))
struct DovecotTests {
  @Test("counts once, exactly, and right passwords not at all; blocked, right and wrong look alike")
  func oneCount() throws {
    let dovecot = try Dovecot("host_rule = *:4/1h\n")
    // The one by which it was seen that Dovecot listens: it tells that behind its answer.
    _ = try eventually(within: 30) { try dovecot.failures > 0 }
    let begun = try dovecot.failures
    #expect(try dovecot.isLetIn("joe:right"))
    for _ in 0..<2 { #expect(try !dovecot.isLetIn("joe:wrong")) }
    try waitUntil("both are counted") { try dovecot.failures == begun + 2 }
    #expect(try dovecot.isLetIn("joe:right"))
    while try dovecot.failures < 4 { _ = try dovecot.login("joe:wrong") }
    let answers = try ["joe:right", "joe:wrong", "eve:x"].map { try dovecot.login($0) }
    #expect(Set(answers).count == 1 && !answers[0].isEmpty, "\(answers)")
    #expect(try dovecot.failures == 4)
    #expect(try dovecot.isLetIn("joe:right", from: "127.0.0.2"))
  }

  @Test("of a crowd as many are judged as may fail") func crowd() async throws {
    let dovecot = try Dovecot("host_rule = *:10/1h\n")
    try await dovecot.crowd(30, "joe:wrong")
    // It tells what became of the last ones behind its answers.
    #expect(try eventually { try dovecot.failures == 10 })
    #expect(try !dovecot.isLetIn("joe:right"))
    #expect(try dovecot.failures == 10)
  }

  @Test("without the API all goes on") func absent() throws {
    let dovecot = try Dovecot("host_rule = *:1/1h\n")
    dovecot.api.kill()
    #expect(try dovecot.isLetIn("joe:right"))
    #expect(try !dovecot.isLetIn("joe:wrong"))
    #expect(try dovecot.isLetIn("joe:right"))
  }
}
