import Dispatch
import Foundation
import Harness
import Testing

@Suite(.asRoot)
struct HTTPTests {
  private let server: Server

  init() throws { server = try Server() }

  @Test("keeps a connection, and answers one request after the other") func keepAlive() throws {
    let client = try Client(server.socket)
    for _ in 0..<3 {
      #expect(try client.ask("GET", "/v1/check?host=192.0.2.7").body == #"{"blocked":false}"#)
    }
    try client.send("GET /v1/check?user=a HTTP/1.1\r\nHost: abl\r\n\r\n")
    try client.send("GET /v1/check?user=b HTTP/1.1\r\nHost: abl\r\nConnection: close\r\n\r\n")
    #expect(try client.answer().status == 200)
    #expect(try client.answer().headers["connection"] == "close")
    #expect(client.isClosedByServer)
  }

  @Test(
    "errors are problem+json",
    arguments: [
      ("GET", "/v1/nothing", 404), ("GET", "/v1/attempts", 405), ("DELETE", "/v1/blocks", 405),
      ("GET", "/v1/check", 400), ("GET", "/v1/check?host=evil", 400),
      ("GET", "/v1/check?host=%", 400),
      ("GET", "/v1/events?after=x", 400), ("POST", "/v1/fail", 400),
    ])
  func problems(method: String, target: String, status: Int) throws {
    let answer = try server.ask(method, target)
    #expect(answer.status == status)
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(answer.body.contains(#""status":\#(status)"#))
  }

  @Test(
    "what is no request is told so, and the connection ends",
    arguments: [
      "\r\n\r\nrubbish\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: abl\r\nA b: c\r\n\r\n",
      "POST /v1/fail HTTP/1.1\r\nHost: abl\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /v1/fail HTTP/1.1\r\nHost: abl\r\nContent-Length: -1\r\n\r\n",
      "GET /v1/check HTTP/1.1\r\nHost: abl\r\nX: " + String(repeating: "a", count: 20_000)
        + "\r\n\r\n",
      "GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\nHost: abl\r\n\r\n",
      "POST /v1/fail HTTP/1.1\r\nHost: abl\r\nContent-Length: 99999\r\n\r\n"
        + String(repeating: "a", count: 40_000),
    ])
  func nonsense(bytes: String) throws {
    let client = try Client(server.socket)
    try? client.send(bytes)
    #expect(client.isClosedByServer)
    #expect(try server.ask("GET", "/v1/check?host=192.0.2.7").status == 200)
  }

  @Test("a head has as many fields as may be, and as long ones") func heads() throws {
    func ask(fields: Int, length: Int) throws -> Int {
      let fields = (0..<fields).map { _ in "X-A: " + String(repeating: "a", count: length) }
      return try server.ask("GET", "/v1/check?host=192.0.2.7", nil, fields).status
    }
    // Beside these there is Host.
    #expect(try ask(fields: 60, length: 100) == 200 && ask(fields: 70, length: 1) == 400)
    #expect(try ask(fields: 1, length: 4000) == 200 && ask(fields: 1, length: 4200) == 400)
    #expect(try ask(fields: 2, length: 3900) == 200 && ask(fields: 3, length: 2800) == 400)
  }

  @Test("a client that is slow to ask is left, and holds up nobody") func slow() throws {
    let clients = try (0..<20).map { _ in try Client(server.socket) }
    for client in clients { try client.send("GET /v1/check HTTP/1.1\r\nHost: a") }
    #expect(try server.ask("GET", "/v1/check?host=192.0.2.7").status == 200)
    for client in clients { #expect(client.isClosedByServer) }
  }

  @Test("other sites' pages learn nothing") func foreign() throws {
    for headers in [["Origin: http://evil.example"], ["Sec-Fetch-Site: cross-site"]] {
      let answer = try server.ask("GET", "/v1/status", nil, headers)
      #expect(answer.status == 403 && !answer.body.contains("verdict"))
    }
    let client = try Client(server.socket)
    try client.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    #expect(try client.answer().status == 403)
  }

  @Test("says how things stand") func reports() throws {
    #expect(try server.ask("GET", "/v1/status").body.contains(#""blockedHosts":0"#))
    let metrics = try server.ask("GET", "/metrics")
    #expect(metrics.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true)
    #expect(metrics.body.hasSuffix("# EOF\n"))
    let page = try server.ask("GET", "/")
    #expect(page.headers["content-type"] == "text/html; charset=utf-8")
    #expect(page.body.contains("Blocked now"))
    #expect(try server.ask("HEAD", "/").body.isEmpty)
  }

  @Test("a stream of events begins, and stays") func events() throws {
    let client = try Client(server.socket)
    try client.send("GET /v1/events HTTP/1.1\r\nHost: abl\r\n\r\n")
    let head = try client.read(until: "\r\n\r\n")
    #expect(head.contains("200 OK") && head.contains("text/event-stream"))
    #expect(try client.read(until: ": abl\n\n").contains(": abl"))
    for _ in 0..<3 { _ = try server.settle(try server.attempt(), "failed") }
    var told = try client.read(until: "\n\n")
    while told.hasPrefix(": quiet") { told = try client.read(until: "\n\n") }
    let event = told.split(separator: "data: ").map(String.init)
    try #require(event.count == 2, "\(told)")
    #expect(event[0].contains("id: 1\nevent: began\n"))
    #expect(event[1].contains(#""kind":"host","name":"192.0.2.7""#), "\(event)")
  }

  @Test("a stream goes on behind the event that is known") func resumed() throws {
    for host in ["192.0.2.7", "192.0.2.8", "192.0.2.9"] {
      for _ in 0..<3 { _ = try server.settle(try server.attempt("u" + host, host), "failed") }
    }
    let client = try Client(server.socket)
    try client.send("GET /v1/events HTTP/1.1\r\nHost: abl\r\nLast-Event-ID: 2\r\n\r\n")
    _ = try client.read(until: ": abl\n\n")
    #expect(try client.read(until: "\n\n").contains("id: 3\n"))
  }

  @Test("ends in order while clients go on to connect") func ending() throws {
    for round in 0..<40 {
      let server = try Server()
      let (process, socket) = (try #require(server.process), server.socket)
      let crowd = DispatchGroup()
      for _ in 0..<4 {
        crowd.enter()
        Thread.detachNewThread {
          // Until nothing listens any more.
          while (try? Client(socket)) != nil {}
          crowd.leave()
        }
      }
      for _ in 0..<(50 + round) { _ = try Client(socket) }
      kill(process.id, SIGTERM)
      crowd.wait()
      #expect(process.status() == 0, "round \(round)")
    }
  }
}

/// What users other than root can do: they are real ones.
@Suite(.enabled(if: geteuid() == 0, "needs root, to be others")) struct UserTests {
  private static let json = ["-H", "X-Abl: 1", "-H", "Content-Type: application/json"]

  @Test("an ordinary user can do nothing to others") func ordinary() throws {
    let server = try Server()
    for body in [
      #"{"user":"root","service":"x"}"#, #"{"host":"192.0.2.7","service":"x"}"#,
      #"{"user":"daemon","host":"192.0.2.7","service":"x"}"#,
      #"{"user":"daemon\u0000","service":"x"}"#, #"{"service":"x"}"#,
    ] {
      for path in ["attempts", "fail"] {
        let arguments = Self.json + ["-d", body, "http://abl/v1/\(path)"]
        let status = try server.status(as: "daemon", arguments)
        #expect(["400", "404"].contains(status), "\(path) \(body): \(status)")
      }
    }
    for target in ["", "v1/status", "v1/blocks", "v1/events", "metrics"] {
      #expect(try server.status(as: "daemon", ["http://abl/\(target)"]) == "403", "\(target)")
    }
    for query in ["host=192.0.2.7", "user=root", "user=daemon&host=192.0.2.7"] {
      #expect(try server.status(as: "daemon", ["http://abl/v1/check?\(query)"]) == "404")
    }
    #expect(try !server.isBlocked())
    #expect(try server.ask("GET", "/metrics").body.contains(#"abl_attempts{state="failed"} 0"#))
  }

  @Test("an ordinary user can report itself, and ask about itself") func itself() throws {
    let server = try Server("user_rule = *:1/1h\n")
    let about = ["http://abl/v1/check?user=daemon"]
    #expect(try server.status(as: "daemon", about) == "200")
    let report = Self.json + ["-d", #"{"user":"daemon","service":"lock"}"#, "http://abl/v1/fail"]
    #expect(try server.status(as: "daemon", report) == "204")
    #expect(try server.status(as: "daemon", about) == "403")
  }

  @Test("a user settles no attempt of another") func foreignAttempt() throws {
    let server = try Server()
    let number = try #require(try server.attempt().headers["x-abl-attempt"])
    let arguments =
      Self.json + ["-X", "PUT", "-d", #"{"verdict":"failed"}"#, "http://abl/v1/attempts/\(number)"]
    #expect(try server.status(as: "daemon", arguments) == "404")
    #expect(try server.ask("GET", "/metrics").body.contains("abl_attempts_in_flight 1"))
  }

  @Test("a service reports for itself only") func service() throws {
    let server = try Server("host_rule = *:1/1h\n", ["report=daemon:nginx"])
    func report(_ service: String) throws -> String {
      let body = #"{"user":"joe","host":"192.0.2.7","service":"\#(service)"}"#
      return try server.status(as: "daemon", Self.json + ["-d", body, "http://abl/v1/fail"])
    }
    #expect(try report("sshd") == "404")
    #expect(try !server.isBlocked())
    #expect(try report("nginx") == "204")
    #expect(try server.isBlocked())
    #expect(try server.status(as: "daemon", ["http://abl/v1/status"]) == "403")
  }

  @Test("who may look looks, and changes nothing") func looker() throws {
    let server = try Server("host_rule = *:1/1h\n", ["look=daemon"])
    for target in ["", "v1/status", "v1/blocks", "metrics"] {
      #expect(try server.status(as: "daemon", ["http://abl/\(target)"]) == "200", "\(target)")
    }
    let body = #"{"user":"root","service":"x"}"#
    #expect(
      try server.status(as: "daemon", Self.json + ["-d", body, "http://abl/v1/fail"]) == "404")
  }

  @Test("a user that floods is told to wait, and root is not") func flood() throws {
    let server = try Server()
    // The first 429 ends it: a busy machine may need more for that than the 41 that come at once.
    let targets = (0..<1000).map { _ in "http://abl/v1/check?user=daemon" }
    let rest = targets.dropFirst().flatMap { ["-o", "/dev/null", $0] }
    let statuses = try server.status(as: "daemon", ["-f", "--fail-early", targets[0]] + rest)
    #expect(statuses.contains("429"), "\(statuses)")
    #expect(try server.ask("GET", "/v1/check?user=daemon").status == 200)
  }

  @Test("a user that opens many connections has a few, and others have theirs") func connections()
    throws
  {
    let server = try Server()
    let script = """
      import resource, socket, sys
      resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
      held, served = [], 0
      for _ in range(2000):
          one = socket.socket(socket.AF_UNIX)
          one.connect(sys.argv[1])
          held.append(one)
      for one in held:
          try:
              one.sendall(b"GET /v1/check?user=daemon HTTP/1.1\\r\\nHost: abl\\r\\n\\r\\n")
              one.settimeout(30)
              served += one.recv(4096).startswith(b"HTTP/1.1")
          except OSError:
              pass
      print(served, flush=True)
      sys.stdin.read()
      """
    let words = ["/usr/bin/setpriv", "--reuid", "daemon", "--clear-groups"]
    let flood = try Child(words + ["/usr/bin/env", "python3", "-c", script, server.socket])
    let said = flood.said.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try #require(Int(said)) <= 32)
    #expect(try server.ask("GET", "/v1/check?host=192.0.2.7").status == 200)
    #expect(try server.status(as: "nobody", ["http://abl/v1/check?user=nobody"]) == "200")
  }
}
