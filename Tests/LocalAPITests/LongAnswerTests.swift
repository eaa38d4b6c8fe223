import BlockList
import Foundation
import Harness
import Platform
import Policy
import Testing
import Upkeep

@testable import LocalAPI

/// What is kept for clients that ask for what is blocked, of very many hosts, and take little of it.
@Suite("A long answer", .asRoot, .serialized)
struct LongAnswerTests {
  private static let hosts = 1000
  private static let request = "GET /v1/blocks HTTP/1.1\r\nHost: abl\r\n\r\n"

  /// An API over a store in which so many hosts are blocked.
  private func server(_ words: String...) throws -> Server {
    let server = try Server("host_rule = *:1/1d\n", words)
    let file = LoadedConfiguration(file: Path(Array(server.config.utf8)))
    let blockList = BlockList(file.configuration)
    let now = Timestamp(seconds: Clock.now)
    for start in stride(from: 0, to: Self.hosts, by: 500) {
      let histories = (start..<(start + 500)).map { number in
        let attempt = RecordedAttempt(
          id: UInt64(number + 1), time: now, state: .failed, reason: .authentication,
          service: "sshd", counterpart: .user("admin"))
        let host = Host.address(.v4(0x0A00_0000 + UInt32(number)))
        return ImportedHistory(.host(host), wasBlocked: true, [attempt])
      }
      #expect(try blockList.add(histories, at: now) == 500)
    }
    return server
  }

  /// A client that asks, and takes no more than the head of its answer: with its status, and with
  /// the length of what follows.
  private func ask(_ server: Server) throws -> (client: Client, status: Int, length: Int) {
    let client = try Client(server.socket)
    try client.send(Self.request)
    let head = try client.read(until: "\r\n\r\n")
    let lengths = head.split(separator: "\r\n").filter { $0.hasPrefix("content-length: ") }
    let length = lengths.first?.split(separator: " ").last.flatMap { Int($0) }
    return (client, Int(head.dropFirst(9).prefix(3)) ?? 0, length ?? 0)
  }

  @Test("comes whole to a client that takes it") func whole() throws {
    let server = try server()
    for _ in 0..<2 {
      let answer = try server.ask("GET", "/v1/blocks")
      #expect(answer.status == 200)
      #expect(answer.body.components(separatedBy: #""kind":"host""#).count == Self.hosts + 1)
      #expect(answer.body.contains(#""omitted":0"#))
      #expect(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) is [String: Any])
    }
    #expect(try server.ask("HEAD", "/v1/blocks").body.isEmpty)
  }

  @Test("of two hundred that aren't taken a few are kept, and the other clients told so")
  func kept() throws {
    // They stay for as long as the test takes.
    let server = try server("answers=\(2 << 20)", "transfer=600", "look=daemon")
    let length = try server.ask("GET", "/v1/blocks").body.utf8.count
    #expect(length > 100_000)
    let before = try server.memory
    let asked = try (0..<200).map { _ in try ask(server) }
    #expect(asked.count { $0.status == 200 && $0.length == length } == (2 << 20) / length)
    #expect(asked.allSatisfy { [200, 503].contains($0.status) })
    // All of them would be 46 MiB. What a build for tests takes by the way is in it, too.
    #expect(try server.memory - before < 24 << 10)
    // Others have theirs, and what is short comes to everybody.
    if geteuid() == 0 {
      #expect(try server.status(as: "daemon", ["http://abl/v1/blocks"]) == "200")
    }
    #expect(try server.ask("GET", "/v1/check?host=10.0.0.1").status == 403)
  }

  @Test("is let go of when its client leaves") func leaving() throws {
    let server = try server("answers=1", "transfer=600")
    do {
      let first = try ask(server)
      #expect(first.status == 200)
      #expect(try ask(server).status == 503)
      withExtendedLifetime(first.client) {}
    }
    #expect(try eventually { try server.ask("GET", "/v1/blocks").status == 200 })
  }

  @Test("that isn't taken at all ends its connection") func untaken() throws {
    let server = try server("transfer=5")
    let asked = try (0..<8).map { _ in try ask(server) }
    #expect(asked.allSatisfy { $0.status == 200 })
    #expect(eventually { asked.allSatisfy { $0.client.isLeft } })
  }

  @Test("that is taken a little at a time ends it, too") func dripping() throws {
    let server = try server("transfer=2", "pace=1000000000")
    let asked = try ask(server)
    var taken = 0
    let isLeft = eventually {
      taken += asked.client.take(atMost: 128)
      return asked.client.isLeft
    }
    #expect(isLeft && taken < asked.length, "\(taken) of \(asked.length)")
  }
}
