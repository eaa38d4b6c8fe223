import Harness
import Testing

@testable import LocalAPI

@Suite struct PolicyRequestTests {
  private func request(_ command: String, _ body: String) throws -> PolicyRequest {
    try PolicyRequest(
      try #require(Request.made("/v1/dovecot?command=\(command)", body: body, method: .POST)))
  }

  @Test("reads what Dovecot says, and leaves out what it doesn't know") func report() throws {
    let report = try request(
      "report",
      #"""
      {"device_id":"","login":"joe","protocol":"imap","pwhash":"0a1","remote":"192.0.2.7","tls":false,
      "session_id":"s1","success":true,"policy_reject":false,"more":{"a":[1,null]}}
      """#)
    #expect(report.command == .report && report.hasSucceeded && !report.isOurRefusal)
    #expect(report.attempt?.service == "imap" && report.attempt?.user == "joe")
    #expect(report.key.hasPrefix("s1"))
    #expect(report.key == "s1\0192.0.2.7\0imap\0joe")
  }

  @Test("a login without a name and an address is nobody's") func nobody() throws {
    for body in [#"{}"#, #"{"login":"","remote":""}"#, #"{"login":1,"remote":"unix:"}"#] {
      #expect(try request("allow", body).attempt == nil)
    }
    #expect(try request("allow", #"{"login":"joe"}"#).attempt?.service == "dovecot")
  }

  @Test("says what is wrong") func mistakes() {
    #expect(throws: Problem.self) { try request("tell", "{}") }
    for body in ["", "[]", "{", #"{"login":"#] {
      #expect(throws: Problem.self) { try request("allow", body) }
    }
  }
}

@Suite struct PolicySessionTests {
  @Test("a report finds the attempts of its session in their order, each once") func order() async {
    let sessions = PolicySessions(seconds: 60)
    await sessions.add("1", for: "a")
    await sessions.add("2", for: "a")
    await sessions.add("3", for: "b")
    #expect(await sessions.take("a") == "1")
    #expect(await sessions.take("b") == "3")
    #expect(await sessions.take("a") == "2")
    #expect(await sessions.take("a") == nil)
  }

  @Test("what has lapsed is found no more") func lapsed() async {
    let sessions = PolicySessions(seconds: 0)
    await sessions.add("1", for: "a")
    #expect(await sessions.take("a") == nil)
  }
}

@Suite struct PolicyAccessTests {
  @Test("a short secret is none") func short() {
    let short = PolicyAccess(.port(1), secret: "short", user: 1) { _ in nil }
    let long = PolicyAccess(.port(1), secret: "long-enough-for-it", user: 1) { _ in nil }
    #expect(short == nil && long != nil)
  }

  @Test("the socket of the API has no such route") func noRoute() throws {
    let server = try Server("host_rule = *:1/1h\n")
    #expect(try server.ask("POST", "/v1/dovecot?command=report", "{}").status == 404)
  }
}

/// The port of the loopback, which any user can reach.
@Suite(.asRoot)
struct PolicyPortTests {
  private static let secret = "a-secret-of-the-tests"

  /// Makes 100 connections, says of how many it wasn't let go of at once, and keeps them.
  private static let crowd = """
    import socket, sys, time
    made = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
    def lives(one):
        one.setblocking(False)
        try: return one.recv(1) != b""
        except BlockingIOError: return True
        except OSError: return False
    time.sleep(1)
    print(sum(map(lives, made)), flush=True)
    sys.stdin.read()
    """

  @Test("a user without the secret takes no place of Dovecot, and meets its own bounds")
  func crowd() throws {
    let port = Loopback.freePorts(1)[0]
    let server = try Server(
      "host_rule = *:3/1h\n", ["report=mail:imap", "dovecot=\(port):mail:\(Self.secret)"])
    func status(as user: String, _ secret: String) throws -> String {
      let words = ["--reuid", user, "--clear-groups", "curl", "-s", "-o", "/dev/null", "-m", "60"]
      return try Command(
        "/usr/bin/setpriv",
        words + [
          "-w", "%{http_code}", "-H", "X-Abl-Secret: \(secret)", "-d", "{}",
          "http://127.0.0.1:\(port)/v1/dovecot?command=allow",
        ]
      ).run().output
    }
    let words = ["/usr/bin/setpriv", "--reuid", "nobody", "--clear-groups", "/usr/bin/python3"]
    let child = try Child(words + ["-c", Self.crowd, String(port)])
    let kept = child.line(patience: 120).flatMap { Int($0) }
    #expect(kept.map { (1...32).contains($0) } == true, "\(String(describing: kept))")
    #expect(try status(as: "mail", Self.secret) == "200")
    #expect(try status(as: "root", Self.secret) == "200")
    #expect(try status(as: "mail", "another-secret-of-them") == "403")
    withExtendedLifetime((server, child)) {}
  }
}
