import BlockList
import Foundation
import Harness
import Platform
import Policy
import Testing

@Suite(.asRoot)
struct AttemptTests {
  @Test("failures count, and block at the limit") func failures() throws {
    let server = try Server()
    for _ in 0..<3 {
      let answer = try server.attempt()
      #expect(answer.status == 201)
      #expect(try server.settle(answer, "failed") == 204)
    }
    let refused = try server.attempt()
    #expect(refused.status == 403 && refused.headers["x-abl-refusal"] == nil)
    #expect(refused.body.contains(#""rule":"*:3/1h""#), "\(refused.body)")
    #expect(try server.isBlocked())
    #expect(
      try server.ask("GET", "/v1/blocks").body.contains(#""kind":"host","name":"192.0.2.7""#))
  }

  @Test("what succeeds, or is abandoned, doesn't count") func successes() throws {
    let server = try Server()
    for verdict in ["succeeded", "abandoned", "succeeded", "abandoned", "succeeded"] {
      #expect(try server.settle(try server.attempt(), verdict) == 204)
    }
    #expect(try !server.isBlocked())
    #expect(try server.ask("GET", "/metrics").body.contains("abl_attempts_in_flight 0"))
  }

  @Test("no more are judged at once than may fail") func inFlight() throws {
    let server = try Server()
    let held = try (0..<3).map { _ in try server.attempt() }
    #expect(held.map { $0.status } == [201, 201, 201])
    let refused = try server.attempt()
    #expect(refused.status == 403 && refused.headers["x-abl-refusal"] == "in-flight")
    #expect(try server.attempt("eve", "192.0.2.8").status == 201)
    #expect(try server.settle(held[0], "succeeded") == 204)
    #expect(try server.attempt().status == 201)
  }

  @Test("one that waits has its turn once another is settled") func turn() throws {
    let server = try Server()
    let held = try (0..<3).map { _ in try server.attempt() }
    let waiting = try Client(server.socket)
    try waiting.send(
      "POST /v1/attempts HTTP/1.1\r\nHost: abl\r\nX-Abl: 1\r\nContent-Type: application/json\r\n"
        + "X-Abl-Host: 192.0.2.7\r\nX-Abl-Service: nginx\r\nX-Abl-Wait: 10000\r\n\r\n")
    #expect(try server.settle(held[1], "succeeded") == 204)
    #expect(try waiting.answer().status == 201)
  }

  @Test("a verdict counts once, and the first one holds") func twice() throws {
    let server = try Server()
    let answer = try server.attempt()
    #expect(try server.settle(answer, "failed") == 204)
    #expect(try server.settle(answer, "failed") == 204)
    #expect(try server.settle(answer, "succeeded") == 409)
    let number = try #require(answer.headers["x-abl-attempt"])
    let again = try server.ask(
      "POST", "/v1/fail",
      #"{"user":"joe","host":"192.0.2.7","service":"nginx","attempt":"\#(number)"}"#)
    #expect(again.status == 204)
    #expect(try server.ask("GET", "/metrics").body.contains(#"abl_attempts{state="failed"} 1"#))
  }

  @Test("one without a verdict lapses, uncounted; a failure that comes later counts") func lapse()
    throws
  {
    let server = try Server("host_rule = *:1/1h\n", ["verdict=10"])
    let answer = try server.attempt()
    #expect(try server.attempt().status == 403)
    try waitUntil("it has lapsed") {
      try server.ask("GET", "/metrics").body.contains("abl_attempts_in_flight 0")
    }
    #expect(try server.settle(answer, "failed") == 404)
    #expect(try !server.isBlocked())
    let number = try #require(answer.headers["x-abl-attempt"])
    let late = try server.ask(
      "POST", "/v1/fail?as=401",
      #"{"user":"joe","host":"192.0.2.7","service":"nginx","attempt":"\#(number)"}"#)
    #expect(late.status == 401 && late.headers["www-authenticate"] == nil)
    #expect(try server.isBlocked())
  }

  @Test("what is reserved by a server that is killed is free; what failed stays") func killed()
    throws
  {
    let server = try Server("host_rule = *:2/1h\n")
    #expect(try server.settle(try server.attempt(), "failed") == 204)
    #expect(try server.attempt().status == 201)
    #expect(try server.attempt().status == 403)
    server.kill()
    try server.start()
    let answer = try server.attempt()
    #expect(answer.status == 201)
    #expect(try server.settle(answer, "failed") == 204)
    #expect(try server.isBlocked())
  }

  @Test("of 64 at once exactly as many are judged as may fail") func crowd() async throws {
    let server = try Server("host_rule = *:10/1h\n")
    let socket = server.socket
    let judged = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          let client = try Client(socket)
          let body = #"{"user":"u\#(number)","host":"192.0.2.7","service":"nginx","wait":2000}"#
          let answer = try client.ask("POST", "/v1/attempts", body)
          guard answer.status == 201, let id = answer.headers["x-abl-attempt"] else { return false }
          _ = try client.ask("PUT", "/v1/attempts/\(id)", #"{"verdict":"failed"}"#)
          return true
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(judged == 10)
    #expect(try server.ask("GET", "/metrics").body.contains(#"abl_attempts{state="failed"} 10"#))
  }

  @Test("of 64 right ones at once none is refused, if there is time") func rightCrowd()
    async throws
  {
    let server = try Server("host_rule = *:10/1h\n")
    let socket = server.socket
    let judged = try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          let client = try Client(socket)
          let body = #"{"user":"u\#(number)","host":"192.0.2.7","service":"nginx","wait":10000}"#
          let answer = try client.ask("POST", "/v1/attempts", body)
          guard answer.status == 201, let id = answer.headers["x-abl-attempt"] else { return false }
          return try client.ask("PUT", "/v1/attempts/\(id)", #"{"verdict":"succeeded"}"#).status
            == 204
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(judged == 64)
    #expect(try !server.isBlocked())
  }

  @Test("a login that nothing counts is let on") func uncounted() throws {
    let server = try Server("host_rule = *:1/1h\nhost_whitelist = 192.0.2.0/24\n")
    for _ in 0..<3 { #expect(try server.settle(try server.attempt(), "failed") == 204) }
    #expect(try !server.isBlocked())
  }

  @Test("a user is judged at home by what failed there, and no right password here makes a home")
  func home() throws {
    let server = try Server("user_rule = *:2/1h\nuser_known = 30d\n")
    let configuration = LoadedConfiguration(file: Path(Array(server.config.utf8))).configuration
    let home = try #require(
      configuration.home(of: "joe", at: Host(Array("192.0.2.7".utf8)[...])))
    let now = Timestamp(seconds: Clock.now)
    #expect(try BlockList(configuration).add([(home: home, time: now)], at: now) == 1)
    for user in ["joe", "eve"] {
      let right = try server.attempt(user, "203.0.113.5")
      #expect(try server.settle(right, "succeeded") == 204)
      for _ in 0..<2 {
        #expect(try server.settle(try server.attempt(user, "198.51.100.1"), "failed") == 204)
      }
      #expect(try server.attempt(user, "203.0.113.5").status == 403)
    }
    #expect(try server.attempt("joe", "192.0.2.7").status == 201)
    #expect(try server.attempt("eve", "192.0.2.7").status == 403)
  }

  @Test("a changed rule holds without a restart") func changedRule() throws {
    let server = try Server("host_rule = *:5/1h\n")
    for _ in 0..<2 { #expect(try server.settle(try server.attempt(), "failed") == 204) }
    let text = try String(contentsOfFile: server.config, encoding: .utf8)
    try text.replacingOccurrences(of: "*:5/1h", with: "*:2/1h").write(
      toFile: server.config, atomically: false, encoding: .utf8)
    try waitUntil("the host is blocked") { try server.isBlocked() }
  }

  @Test("where the store can't be used, on_error decides: 503, or with deny 403") func noStore()
    throws
  {
    for (policy, status) in [("allow", 503), ("deny", 403)] {
      let server = try Server("host_rule = *:1/1h\non_error = \(policy)\n")
      chmod(server.file("db").path, 0o777)
      #expect(try server.attempt().status == status)
    }
  }
}
