import NIOHTTP1
import Platform
import Policy
import Testing

@testable import LocalAPI

extension Request {
  /// As it would come from root.
  static func made(
    _ target: String, _ headers: [(String, String)] = [("host", "abl")], body: String = "",
    method: HTTPMethod = .GET
  ) -> Request? {
    let head = HTTPRequestHead(
      version: .http1_1, method: method, uri: target, headers: HTTPHeaders(headers))
    return Request(head, Array(body.utf8), from: Peer(process: 1, user: 0))
  }
}

/// One that makes sense.
private func request(
  _ target: String, _ headers: [(String, String)] = [], body: String = ""
) throws -> Request { try #require(Request.made(target, headers, body: body)) }

@Suite struct RequestTests {
  @Test("takes the target apart") func target() throws {
    let request = try #require(Request.made("/v1/check?host=%5B&user=a%20b+c&user=d&x="))
    #expect(request.path == "/v1/check")
    #expect(request.query == ["host": "[", "user": "a b c", "x": ""])
  }

  @Test(
    "takes no target that makes no sense",
    arguments: ["*", "http://abl/", "abl:80", "/?a", "/?a=%", "/?a=%4", "/?a=%zz", "/?a=%ff"])
  func nonsense(target: String) { #expect(Request.made(target) == nil) }

  @Test("of two headers neither is believed") func twice() {
    #expect(Request.made("/", [("host", "abl"), ("host", "evil")])?.header("host") == nil)
  }
}

@Suite struct OriginTests {
  @Test(
    "lets this site's requests through, and those of no browser",
    arguments: [
      [("host", "abl")], [("host", "localhost")], [("host", "localhost:8080")],
      [("host", "127.0.0.1:8080")], [("host", "[::1]:8080")], [("host", "LOCALHOST:1")],
      [("host", "localhost:8080"), ("origin", "http://localhost:8080")],
      [("host", "localhost:8080"), ("sec-fetch-site", "same-origin")],
      [("host", "localhost:8080"), ("sec-fetch-site", "none")],
    ])
  func own(headers: [(String, String)]) throws {
    let problem = Origin.problem(of: try request("/", headers))
    #expect(problem == nil)
  }

  @Test(
    "lets no other site's requests through",
    arguments: [
      [("host", "evil.example")], [("host", "localhost.evil.example")], [("host", "abl.evil")],
      [("host", "192.0.2.1")], [("host", "127.0.0.1.evil")], [("host", "localhost:")],
      [("host", "localhost:80x")], [("host", "[::1].evil")], [("host", "")],
      [("host", "abl"), ("origin", "http://evil.example")], [("host", "abl"), ("origin", "null")],
      [("host", "abl"), ("origin", "https://localhost.evil")],
      [("host", "abl"), ("sec-fetch-site", "cross-site")],
    ])
  func foreign(headers: [(String, String)]) throws {
    let problem = Origin.problem(of: try request("/", headers))
    #expect(problem?.status == .forbidden)
  }

  @Test("needs exactly one Host") func host() throws {
    for headers in [[], [("host", "abl"), ("host", "abl")]] {
      let problem = Origin.problem(of: try request("/", headers))
      #expect(problem?.status == .badRequest)
    }
  }

  @Test("what changes something needs a header and a type that no form can send") func change()
    throws
  {
    func status(_ headers: [(String, String)]) throws -> HTTPResponseStatus? {
      Origin.problem(ofChange: try request("/", headers))?.status
    }
    #expect(try status([("x-abl", "1"), ("content-type", "application/json")]) == nil)
    #expect(
      try status([("x-abl", "1"), ("content-type", "application/json; charset=utf-8")]) == nil)
    #expect(try status([("content-type", "application/json")]) == .badRequest)
    #expect(try status([("x-abl", "1")]) == .unsupportedMediaType)
    #expect(try status([("x-abl", "1"), ("content-type", "text/plain")]) == .unsupportedMediaType)
  }
}

@Suite struct LoginTests {
  private func login(
    _ target: String = "/", _ headers: [(String, String)] = [], _ body: String = ""
  ) throws -> Login { try Login(try request(target, headers, body: body)) }

  @Test("is told in three ways, of which the later one holds") func places() throws {
    let login = try login(
      "/?user=a&service=s&host=192.0.2.1", [("X-Abl-User", "b"), ("x-abl-wait", "70")],
      #"{"user": "c\u00e9"}"#)
    #expect(login.user == Name(Array("cé".utf8)) && login.service == "s" && login.wait == 70)
    #expect(login.host == Host(Array("192.0.2.1".utf8)[...]) && login.attempt == nil)
  }

  @Test("a name can be told by its bytes, whatever they are") func bytes() throws {
    let login = try login("/?user_hex=6aFf0a&service_hex=73")
    #expect(login.user == Name([0x6A, 0xFF, 0x0A]) && login.service == "s")
    let body = #"{"user_hex": "\#(String(repeating: "61", count: 300))"}"#
    let long = try self.login("/", [], body)
    #expect(long.user == Name(bounded: Array(repeating: 0x61, count: 300)))
    for value in ["6", "616", "6g", "00", "6100", "%C3%A9", "+6", ""] {
      #expect(throws: Problem.self, "\(value)") { try self.login("/?user_hex=\(value)") }
    }
  }

  @Test("an address has one form") func address() throws {
    for (spelled, meant) in [("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8::0:1", "2001:db8::1")] {
      #expect(try login("/?host=\(spelled)").host == Host(Array(meant.utf8)[...]))
    }
  }

  @Test(
    "says what is wrong",
    arguments: [
      ("/?host=unix:", "", "'host' must be an address of IPv4 or IPv6"),
      ("/?host=example.org", "", "'host' must be an address of IPv4 or IPv6"),
      ("/?user=", "", "'user' must not be empty"),
      ("/?user=a%00b", "", "'user' must not hold a NUL"),
      ("/?wait=-1", "", "'wait' is a number of milliseconds from 0 to 10000"),
      ("/", "[]", "the body, at byte 0: expected an object, '{'"),
      ("/", #"{"rogue":1}"#, "the body, at byte 9: there is no member of this name"),
      ("/", #"{"user":true}"#, "the body, at byte 8: expected a string, '\"'"),
      ("/", #"{"wait":"1"}"#, "the body, at byte 8: expected a value"),
      ("/", "{", "the body, at byte 1: expected a key, '\"'"),
    ])
  func mistakes(target: String, body: String, detail: String) throws {
    let problem = #expect(throws: Problem.self) { try login(target, [], body) }
    #expect(problem?.detail == detail)
    #expect(problem?.status == .badRequest)
  }

  @Test("two headers of one name are none") func twice() {
    #expect(throws: Problem.self) {
      try login("/", [("x-abl-user", "a"), ("x-abl-user", "b")])
    }
  }
}

@Suite struct ListenerTests {
  private func passed(_ name: String, _ environment: [String: String]) -> Listener? {
    Listener.passed(name, process: 7) { environment[$0] }
  }

  @Test("takes the socket that systemd has passed") func passed() {
    let one = ["LISTEN_PID": "7", "LISTEN_FDS": "1"]
    #expect(passed("api", one) == .inherited(3))
    let named = ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:api"]
    #expect(passed("api", named) == .inherited(4))
    #expect(passed("third", named) == nil)
  }

  @Test("takes no socket that is for another process, or of which it isn't said") func others() {
    #expect(passed("api", [:]) == nil)
    #expect(passed("api", ["LISTEN_PID": "8", "LISTEN_FDS": "1"]) == nil)
    #expect(passed("api", ["LISTEN_PID": "7", "LISTEN_FDS": "2"]) == nil)
    #expect(passed("api", ["LISTEN_PID": "7", "LISTEN_FDS": "-1"]) == nil)
    let short = ["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:api"]
    #expect(passed("api", short) == nil)
  }
}
