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
    #expect(PolicyAccess(.port(1), secret: "short", user: 1) == nil)
    #expect(PolicyAccess(.port(1), secret: "long-enough-for-it", user: 1) != nil)
  }

  @Test("the socket of the API has no such route") func noRoute() throws {
    let server = try Server("host_rule = *:1/1h\n")
    #expect(try server.ask("POST", "/v1/dovecot?command=report", "{}").status == 404)
  }
}
