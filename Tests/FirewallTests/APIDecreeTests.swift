import Foundation
import Harness
import Testing

/// Decrees by the local API.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct APIDecreeTests {
  @Test("decrees are root's: no other uid makes or ends one, whatever it may report or look at")
  func decrees() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["report = mail:imap", "look = games"])
      try daemon.awaitAPI()
      #expect(try daemon.decree("POST", "block", "host", "192.0.2.9") == "201")
      #expect(try daemon.comes("192.0.2.9", port: 0))
      let before = try daemon.decrees
      #expect(before.contains(#""name":"192.0.2.9""#))
      for user in ["nobody", "mail", "games"] {
        for (kind, name) in [
          ("host", "192.0.2.9"), ("host", "192.0.2.7"), ("network", "192.0.2.0/24"),
          ("user", "root"), ("user", user),
        ] {
          for (method, status) in ["POST": "403", "DELETE": "403", "PUT": "405", "PATCH": "405"] {
            for decree in ["block", "allow"] {
              let answer = try daemon.decree(method, decree, kind, name, as: user)
              #expect(answer == status, "\(user): \(method) \(decree) \(name)")
            }
          }
        }
        // A method that another one hides is the one that was sent.
        let hidden = ["-H", "X-HTTP-Method-Override: DELETE"]
        for more in [[], hidden, ["--head"]] {
          let answer = try daemon.ask("/v1/decrees", more, as: user)
          #expect(answer == (user == "games" ? "200" : "403"), "\(user) \(more)")
        }
      }
      #expect(try daemon.decrees == before)
      #expect(try daemon.holds("192.0.2.9", port: 0) && !daemon.holds("192.0.2.7", port: 0))
      #expect(try daemon.ask("/v1/check?host=192.0.2.7") == "200")
      #expect(try daemon.decree("DELETE", "block", "host", "192.0.2.9") == "204")
      #expect(try daemon.goes("192.0.2.9", port: 0))
    }
  }
}

extension RunningDaemon {
  /// Asks to make a decree or to end one, and gives the status.
  fileprivate func decree(
    _ method: String, _ decree: String, _ kind: String, _ name: String, as user: String = "root"
  ) throws -> String {
    let body = #"{"decree":"\#(decree)","kind":"\#(kind)","name":"\#(name)"}"#
    let headers = ["-H", "X-Abl: 1", "-H", "Content-Type: application/json"]
    return try ask("/v1/decrees", ["-X", method] + headers + ["-d", body], as: user)
  }

  /// What root is told of them, without the time of that.
  fileprivate var decrees: String {
    get throws {
      let told = try answer("/v1/decrees")
      return told.firstRange(of: "\"decrees\"").map { String(told[$0.lowerBound...]) } ?? told
    }
  }
}
