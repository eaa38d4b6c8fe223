import Foundation
import Harness
import Testing

@testable import LocalAPI

/// What may be decreed by the API, and by whom.
@Suite(.asRoot)
struct DecreeTests {
  private let server: Server

  init() throws { server = try Server() }

  private func decree(_ body: String, _ method: String = "POST") throws -> Answer {
    try server.ask(method, "/v1/decrees", body)
  }

  @Test("root blocks, allows, lists and ends, and it holds at once") func life() throws {
    let block = try decree(
      #"{"decree":"block","kind":"network","name":"192.0.2.0/24","seconds":99,"reason":"a\u001bb"}"#
    )
    #expect(block.status == 201 && block.body.contains(#""reason":"a\\x1bb","hits":0"#), "\(block)")
    #expect(try server.isBlocked("192.0.2.7") && !server.isBlocked("192.0.3.7"))
    #expect(try server.attempt("joe", "192.0.2.7").status == 403)
    let allow = try decree(#"{"decree":"allow","kind":"host","name":"192.0.2.7"}"#)
    #expect(allow.status == 201 && allow.body.contains(#""until":null"#), "\(allow)")
    #expect(try !server.isBlocked("192.0.2.7") && server.isBlocked("192.0.2.8"))
    let all = try server.ask("GET", "/v1/decrees").body
    #expect(all.contains(#""name":"192.0.2.7""#) && all.contains(#""by":"root, by the API""#))
    let body = #"{"decree":"block","kind":"network","name":"192.0.2.0/24"}"#
    #expect(try decree(body, "DELETE").status == 204)
    #expect(try decree(body, "DELETE").status == 404)
    #expect(try !server.isBlocked("192.0.2.8"))
  }

  @Test("a stream has why a block was made by hand") func reason() throws {
    let block = #"{"decree":"block","kind":"network","name":"192.0.2.0/24","reason":"noise"}"#
    let made = try decree(block)
    #expect(made.body.contains(#""reason":"noise""#), "\(made)")
    let client = try Client(server.socket)
    try client.send("GET /v1/events?after=0 HTTP/1.1\r\nHost: abl\r\n\r\n")
    _ = try client.read(until: ": abl\n\n")
    #expect(try client.read(until: "\n\n").contains(#""reason":"noise","decree":"block"}"#))
  }

  @Test(
    "takes nothing that makes no sense",
    arguments: [
      "", "{}", "[]", #"{"decree":"ban","kind":"host","name":"192.0.2.7"}"#,
      #"{"decree":"block","name":"192.0.2.7"}"#,
      #"{"decree":"block","kind":"host","name":""}"#,
      #"{"decree":"block","kind":"user","name":""}"#,
      #"{"decree":"block","kind":"user","name":"a\u0000"}"#,
      #"{"decree":"block","kind":"host","name":"evil.example"}"#,
      #"{"decree":"block","kind":"host","name":"192.0.2.0/24"}"#,
      #"{"decree":"block","kind":"host","name":"192.0.2.7;192.0.2.8"}"#,
      #"{"decree":"block","kind":"network","name":"192.0.2.7"}"#,
      #"{"decree":"block","kind":"network","name":"192.0.2.0/33"}"#,
      #"{"decree":"block","kind":"network","name":"0.0.0.0/0"}"#,
      #"{"decree":"block","kind":"network","name":"::/0","force":false}"#,
      #"{"decree":"block","kind":"user","name":"bob","seconds":0}"#,
      #"{"decree":"block","kind":"user","name":"bob","seconds":1.5}"#,
      #"{"decree":"block","kind":"user","name":"bob","seconds":9223372036854775807}"#,
      #"{"decree":"block","kind":"user","name":"bob","more":1}"#,
    ])
  func nonsense(body: String) throws {
    #expect(try decree(body).status == 400)
    #expect(try server.ask("GET", "/v1/decrees").body.contains(#""decrees":[]"#))
  }

  @Test("every address only where that is said twice") func everything() throws {
    let body = #"{"decree":"block","kind":"network","name":"::/0","force":true}"#
    #expect(try decree(body).status == 201)
    #expect(try server.isBlocked("2001:db8::1") && !server.isBlocked("192.0.2.7"))
  }

  @Test(
    "another uid may not, whatever it sends",
    .enabled(if: getuid() == 0, "needs root, to be another user"))
  func others() throws {
    let body = #"{"decree":"allow","kind":"host","name":"192.0.2.7"}"#
    let words = ["-H", "X-Abl: 1", "-H", "Content-Type: application/json", "-d", body]
    for method in ["POST", "DELETE"] {
      let status = try server.status(
        as: "nobody", ["-X", method] + words + ["http://abl/v1/decrees"])
      #expect(status == "403")
    }
    #expect(try server.status(as: "nobody", ["http://abl/v1/decrees"]) == "403")
    #expect(try server.ask("GET", "/v1/decrees").body.contains(#""decrees":[]"#))
  }
}
