import Foundation
import Harness
import News
import Sharing
import Synchronization
import Testing

@testable import CrowdSec

/// A server that speaks as CrowdSec's does, with TLS.
private final class Server {
  let directory: TemporaryDirectory
  private let process: Child
  let port: String

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["server", "other"] {
      let words = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2",
        "-keyout", directory.file("\(name).key").path, "-out", directory.file("\(name).crt").path,
        "-subj",
        "/CN=lapi", "-addext", "subjectAltName=IP:127.0.0.1",
      ]
      _ = try Command("/usr/bin/openssl", words).run()
    }
    try "secret-of-the-bouncer\n".write(
      to: directory.file("key"), atomically: true, encoding: .utf8)
    chmod(directory.file("key").path, 0o640)
    let script = Repository.file("Tests/Support/lapi.py")
    process = try Child(["/usr/bin/python3", script, directory.url.path])
    port = process.line() ?? "0"
  }

  func set(_ name: String, _ text: String) throws {
    try text.write(to: directory.file(name), atomically: true, encoding: .utf8)
  }

  func has(_ decisions: [(Int, String)]) -> String {
    let all = decisions.map {
      """
      {"id":\($0.0),"duration":"1h","origin":"cscli","scope":"Ip","type":"ban","value":"\($0.1)"}
      """
    }
    return "[\(all.joined(separator: ","))]"
  }

  var log: [String] {
    let text = (try? String(contentsOf: directory.file("log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  var settings: LapiSettings {
    LapiSettings(
      url: "https://127.0.0.1:\(port)", keyFile: directory.file("key").path,
      authority: directory.file("server.crt").path)
  }
}

private let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

@Suite(
  "CrowdSec's API is asked as a bouncer asks it", .enabled(if: hasCurl, "needs curl"), .serialized)
struct LapiTests {
  private func trouble(_ settings: LapiSettings) -> String? {
    do throws(NewsError) {
      _ = try LapiClient(settings).stream(isWhole: true)
      return nil
    } catch { return error.message }
  }

  @Test("by HTTPS with its key, which no other process sees; whoever isn't it learns nothing")
  func identity() throws {
    let server = try Server()
    var settings = server.settings
    #expect(trouble(settings) == nil)
    #expect(server.log == ["ok /v1/decisions/stream?startup=true&scopes=ip,range"])
    // What curl is started with.
    let words = server.directory.file("words").path
    let script = server.directory.file("curl")
    try "#!/bin/sh\necho \"$@\" >\(words)\nexec /usr/bin/curl \"$@\"\n".write(
      to: script, atomically: true, encoding: .utf8)
    chmod(script.path, 0o755)
    settings.program = script.path
    #expect(trouble(settings) == nil)
    let told = try String(contentsOfFile: words, encoding: .utf8)
    #expect(told.contains("decisions/stream") && !told.contains("secret"))
    let asked = server.log.count
    settings = server.settings
    settings.authority = server.directory.file("other.crt").path
    #expect(trouble(settings) == "its certificate can't be trusted")
    #expect(server.log.count == asked)
    settings = server.settings
    settings.url = "http://127.0.0.1:\(server.port)"
    #expect(trouble(settings) != nil && server.log.count == asked)
  }

  @Test("a key that others may read, or that is none, is not used")
  func keys() throws {
    let server = try Server()
    let key = server.directory.file("key").path
    chmod(key, 0o644)
    #expect(trouble(server.settings)?.contains("is open to others") == true)
    for text in ["", "\n", "a b\n", "a\"b\n", "a\\b\n", String(repeating: "x", count: 600)] {
      try server.set("key", text)
      chmod(key, 0o600)
      #expect(trouble(server.settings)?.contains("has no key: one line") == true, "\(text)")
    }
    #expect(server.log.isEmpty)
    try server.set("key", "secret")
    chmod(key, 0o600)
    #expect(trouble(server.settings) == nil)
    var settings = server.settings
    settings.keyFile = server.directory.file("wrong").path
    try server.set("wrong", "another")
    chmod(settings.keyFile, 0o600)
    #expect(trouble(settings) == "it doesn't take the key (HTTP status 403)")
  }

  @Test(
    "what is late, broken, cut, huge, endless, or leads elsewhere is an error, in bounded time",
    arguments: [
      ("late", "no answer in time"), ("broken", "HTTP status 500"), ("cut", "curl: exit status 18"),
      ("huge", "an answer of more than 8388608 bytes"),
      ("endless", "an answer of more than 8388608 bytes"),
      ("redirect", "HTTP status 302"),
    ])
  func hostile(_ mode: String, _ message: String) throws {
    let server = try Server()
    try server.set("mode", mode)
    var settings = server.settings
    if mode == "late" { settings.patience = 10 }
    #expect(trouble(settings) == message)
    #expect(server.log.count == 1)
  }

  @Test(
    "its decisions are a machine's reports: all, then changes, and all again after an error"
  )
  func source() throws {
    let server = try Server()
    let origin = try #require(Origin("crowdsec:lapi"))
    let source = LapiSource(server.settings, as: origin, interval: 10, epoch: 1)
    let heard = Mutex(FleetMap(own: Origin("m1")!))
    let said = Mutex<[String]>([])
    let told: LapiSource.Told = { topic, message in
      _ = heard.withLock { $0.receive(message, under: topic, at: UInt32(Clock.now)) }
    }
    func step() -> Int { source.step(told, {}, { line in said.withLock { $0.append(line) } }) }
    func known() -> [String] {
      let now = UInt32(Clock.now)
      return heard.withLock { map in
        FleetPolicy().enforcement(of: map, sanctuary: .init(), at: now).blocks.map(\.prefix.text)
          .sorted()
      }
    }
    try server.set(
      "whole", "{\"new\":\(server.has([(1, "192.0.2.1"), (2, "192.0.2.2")])),\"deleted\":null}")
    #expect(step() == 10 && known() == ["192.0.2.1", "192.0.2.2"])
    #expect(source.status.state == .connected)
    try server.set(
      "delta",
      "{\"new\":\(server.has([(3, "192.0.2.3")])),\"deleted\":\(server.has([(1, "192.0.2.1")]))}")
    #expect(step() == 10 && known() == ["192.0.2.2", "192.0.2.3"])
    for (mode, pause) in [("broken", 20), ("garbage", 40), ("cut", 80)] {
      try server.set("mode", mode)
      #expect(step() == pause && known() == ["192.0.2.2", "192.0.2.3"])
      #expect(source.status.state == .disconnected)
      #expect(source.status.trouble.hasPrefix("CrowdSec can't be asked, "))
    }
    try server.set("mode", "ok")
    try server.set(
      "whole", "{\"new\":\(server.has([(2, "192.0.2.2"), (4, "192.0.2.4")])),\"deleted\":null}")
    #expect(step() == 10 && known() == ["192.0.2.2", "192.0.2.4"])
    _ = step()
    #expect(
      server.log.map { $0.contains("startup=true") } == [
        true, false, false, true, true, true, false,
      ])
    #expect(said.withLock { $0.first } == "CrowdSec has 2 decisions (2 of cscli)")
    // abld is another one: it asks, and is told all; of other machines nothing is answered here.
    heard.withLock { $0 = FleetMap(own: Origin("m1")!) }
    source.answer(.documents(Origin("m2")!), told)
    #expect(known().isEmpty)
    source.answer(.allHeads, told)
    source.answer(.documents(origin), told)
    #expect(known() == ["192.0.2.2", "192.0.2.4"])
  }
}
