import Foundation
import Harness
import News
import Testing

@testable import Reports

/// Reports to AbuseIPDB and blocklist.de: to servers that speak as these do, and to hostile ones.
@Suite(.enabled(if: Place.isAvailable, "needs root: the courier runs as another user"), .serialized)
struct CollectorTests {
  /// Somewhere in the Internet; nothing is ever sent there.
  private static let address = "8.8.4.4"
  private static let secret = "c3k69z846qn30q4r6eo3gsg3urqanuoypyluil"

  private func incident(_ address: String = address, service: String = "sshd") -> [String] {
    [address, "50000", service, "2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z", "10"]
  }

  /// What courier.conf says where these are told, and nothing else is asked.
  private func configure(
    _ place: Place, abuseIPDB: CourierServer? = nil, blocklistDE: CourierServer? = nil,
    scheme: String = "http", _ more: [String] = []
  ) throws {
    place.kept += [abuseIPDB, blocklistDE]
    try writeKey(place, Self.secret + "\n")
    var lines = more
    if let abuseIPDB {
      lines += [
        "report_abuseipdb = \(place.path("key"))",
        "report_abuseipdb_url = \(scheme)://127.0.0.1:\(abuseIPDB.port)/api/v2/report",
      ]
    }
    if let blocklistDE {
      lines += [
        "report_blocklist_de = \(place.path("key"))", "report_contact = abuse@example.org",
        "report_blocklist_de_url = \(scheme)://127.0.0.1:\(blocklistDE.port)/en/httpreports.html",
        "report_rdap = http://127.0.0.1:1/", "report_dns = 127.0.0.1:1", "report_whois = off",
      ]
    }
    try place.write("courier.conf", lines.joined(separator: "\n") + "\n")
  }

  /// As the manual says: root's, and for the courier's group to read.
  private func writeKey(_ place: Place, _ text: String) throws {
    try place.write("key", text, 0o640)
    chown(place.path("key"), 0, Place.gid)
  }

  private func object(_ line: String?) throws -> [String: Any] {
    let data = Data(try #require(line).utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("AbuseIPDB is told the address, its categories, what was seen and when; with its key")
  func abuseIPDB() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server)
    let outcome = try place.run(["--report"] + incident())
    #expect(outcome.status == 0 && outcome.output == "reported 8.8.4.4 to AbuseIPDB\n")
    let request = try object(server.request())
    #expect(
      request["method"] as? String == "POST" && request["path"] as? String == "/api/v2/report")
    #expect(request["key"] as? String == Self.secret)
    #expect(
      request["form"] as? [String: String] == [
        "ip": "8.8.4.4", "categories": "18,22", "timestamp": "2026-11-30T09:00:00Z",
        "comment": "10 failed logins at sshd from 8.8.4.4 (last port 50000) "
          + "between 2026-11-30T08:00:00Z and 2026-11-30T09:00:00Z",
      ])
    let others = [("8.8.5.4", "vsftpd", "5,18"), ("8.8.6.4", "dovecot", "18")]
    for (address, service, categories) in others {
      _ = try place.run(["--report"] + incident(address, service: service))
      let form = try object(server.request())["form"] as? [String: String]
      #expect(form?["categories"] == categories, "\(service)")
    }
  }

  @Test("blocklist.de is told the address, the service and what was seen, by the server's address")
  func blocklistDE() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, blocklistDE: server)
    let outcome = try place.run(["--report"] + incident())
    #expect(outcome.output.contains("reported 8.8.4.4 to blocklist.de\n"), "\(outcome)")
    let request = try object(server.request())
    #expect(
      request["method"] as? String == "POST"
        && request["path"] as? String == "/en/httpreports.html" && request["key"] is NSNull)
    let form = try #require(request["form"] as? [String: String])
    #expect(
      form.filter { $0.key != "logs" } == [
        "ip": "8.8.4.4", "service": "ssh", "server": "abuse@example.org", "apikey": Self.secret,
        "format": "json",
      ])
    #expect(form["logs"]?.hasPrefix("10 failed logins at sshd from 8.8.4.4") == true)
  }

  @Test(
    "whatever else a server answers is no success: it is told on a line, and may be tried again",
    arguments: ["wrong", "huge", "empty", "denied", "limited", "hostile", "redirect"])
  func answers(_ mode: String) throws {
    let (place, server) = (try Place(), try CourierServer(["form", mode]))
    try configure(place, abuseIPDB: server, blocklistDE: server)
    for _ in 1...2 {
      let outcome = try place.run(["--report"] + incident())
      let text = outcome.output
      #expect(outcome.status == 1 && text.split(separator: "\n").count == 1, "\(outcome)")
      #expect(text.contains("AbuseIPDB: ") && text.contains("blocklist.de: "), "\(outcome)")
      #expect(text.utf8.count < 1000 && text.utf8.allSatisfy { $0 == 10 || 0x20...0x7E ~= $0 })
      #expect(!text.contains(Self.secret))
      // Where a redirection led nothing was asked.
      #expect(try object(server.request())["path"] as? String == "/api/v2/report")
      #expect(try object(server.request())["path"] as? String == "/en/httpreports.html")
    }
    #expect(server.request(patience: 0) == nil && place.read("state/reports").isEmpty)
    let told = [
      "denied": "no such key", "limited": "HTTP status 429", "redirect": "HTTP status 307",
    ]
    if let told = told[mode] {
      #expect(try place.run(["--report"] + incident()).output.contains(told))
    }
  }

  @Test("a server that doesn't answer is left; no command line and no environment has the key")
  func late() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "late"]))
    try configure(place, abuseIPDB: server)
    let words = ([place.program] + place.options + ["--report"] + incident())
      .map { "'\($0)'" }.joined(separator: " ")
    let courier = try Child(["/bin/sh", "-c", "exec \(words) >'\(place.path("said"))' 2>&1"])
    #expect(server.request() != nil)
    var (looked, isSeen) = (0, false)
    for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
      for name in ["cmdline", "environ"] {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/\(name)") else {
          continue
        }
        let text = String(decoding: data, as: UTF8.self)
        if text.contains("/usr/bin/curl") { looked += 1 }
        isSeen = isSeen || text.contains(Self.secret)
      }
    }
    #expect(looked > 0 && !isSeen)
    courier.waitForEnd()
    #expect(place.read("said") == "AbuseIPDB: no answer in time\n")
    #expect(place.read("state/reports").isEmpty)
  }

  @Test("each is told of a network once in 24 hours and up to a day's number, over restarts")
  func bounds() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server, ["reports_per_day = 2"])
    func report(_ address: String) throws -> String {
      try place.run(["--report"] + incident(address)).output
    }
    #expect(try report("8.8.4.4") == "reported 8.8.4.4 to AbuseIPDB\n")
    #expect(try report("8.8.4.9").contains("8.8.4.0/24 was reported at "))
    #expect(try report("8.8.5.4") == "reported 8.8.5.4 to AbuseIPDB\n")
    #expect(
      try report("8.8.6.4")
        == "2 reports were sent to AbuseIPDB in the last 24 hours: reports_per_day\n")
    // Another one's number is its own, and one that holds back is no failure of it.
    try configure(
      place, abuseIPDB: server, blocklistDE: try CourierServer(["form", "right"]),
      ["reports_per_day = 2", "mail_server = 127.0.0.1:1"])
    let outcome = try place.run(["--report"] + incident("8.8.6.4"))
    #expect(
      outcome.output.contains("reported 8.8.6.4 to blocklist.de\n"), "\(outcome)")
    // Those that run the network were not found.
    #expect(outcome.status == 1 && outcome.output.contains("no contact for 8.8.6.4"))
    #expect(server.request() != nil && server.request() != nil)
    #expect(server.request(patience: 0) == nil)
  }

  @Test(
    "what is private, set aside, this machine's own or no single address is never told",
    arguments: ["127.0.0.1", "10.1.2.3", "192.0.2.7", "fd00::1", "2a00:1450:4001:800::/64"])
  func never(_ address: String) throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server)
    let outcome = try place.run(["--report"] + incident(address))
    let why = ["no address of the Internet", "this machine's own", "it takes single addresses"]
    #expect(outcome.status == 1 && why.contains { outcome.output.contains($0) })
    #expect(server.request(patience: 0) == nil && place.read("state/reports").isEmpty)
  }

  @Test("a dry run shows the form without the key, and sends and remembers nothing")
  func dry() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server, blocklistDE: server)
    let text = try place.run(["--report-dry"] + incident()).output
    #expect(text.contains("categories=18,22\n") && text.contains("service=ssh\n"), "\(text)")
    #expect(text.contains("POST http://127.0.0.1:\(server.port)/api/v2/report\n"))
    #expect(text.contains("apikey=(of \(place.path("key")))\n") && !text.contains(Self.secret))
    #expect(server.request(patience: 0) == nil && place.read("state/reports").isEmpty)
  }

  @Test("a file that others may read, or that has no key, is not used; and it is told")
  func keys() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server)
    func told(_ what: String) throws -> Bool {
      let outcome = try place.run(["--report"] + incident())
      return outcome.status == 1 && outcome.output.contains("AbuseIPDB: ")
        && outcome.output.contains(what)
    }
    for mode: mode_t in [0o644, 0o660, 0o646] {
      chmod(place.path("key"), mode)
      #expect(try told("is open to others"), "\(mode)")
    }
    chmod(place.path("key"), 0o600)
    #expect(try told("Permission denied"))
    for text in [
      "", "\n\(Self.secret)\n", "two words\n", "quo\"te\n", String(repeating: "x", count: 201),
    ] {
      try writeKey(place, text)
      #expect(try told("has no key"), "\(text)")
    }
    unlink(place.path("key"))
    #expect(try told("No such file or directory"))
    mkdir(place.path("key"), 0o700)
    chown(place.path("key"), Place.uid, 0)
    #expect(try told("is no file"))
    #expect(server.request(patience: 0) == nil)
  }

  @Test("a server whose certificate can't be trusted is told nothing") func certificate() throws {
    let place = try Place()
    let names = ["-keyout \(place.path("tls.key"))", "-out \(place.path("tls.pem"))"]
    let made = try Command(
      "/bin/sh",
      [
        "-euc",
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
          + "-addext subjectAltName=IP:127.0.0.1 \(names.joined(separator: " "))",
      ]
    ).run()
    try #require(made.status == 0, "\(made)")
    let server = try CourierServer(["form", "right", place.path("tls.pem"), place.path("tls.key")])
    try configure(place, abuseIPDB: server, scheme: "https")
    let outcome = try place.run(["--report"] + incident())
    // Without the package ca-certificates there is no authority at all.
    let isTrusting = access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0
    let none = "its authority's file can't be read; is ca-certificates installed?"
    let why = isTrusting ? "its certificate can't be trusted" : none
    #expect(outcome.output == "AbuseIPDB: \(why)\n", "\(outcome)")
    #expect(server.request(patience: 0) == nil)
  }

  @Test("blocks are told by themselves where that is asked for, without a user's name")
  func automatic() throws {
    let (place, server) = (try Place(), try CourierServer(["form", "right"]))
    try configure(place, abuseIPDB: server, ["report_automatically = on"])
    try place.startCourier()
    for address in ["10.0.0.1", "8.8.4.4", "8.8.4.5", "8.8.5.4"] {
      try place.fail(address, user: "a-secret-typed-for-a-name")
    }
    let lines = [server.request(), server.request()]
    let addresses = try lines.map { try (object($0)["form"] as? [String: String])?["ip"] }
    #expect(addresses == ["8.8.4.4", "8.8.5.4"], "\(place.read("courier.log"))")
    #expect(lines.allSatisfy { $0?.contains("a-secret") == false })
    #expect(eventually { place.read("courier.log").contains("reported 8.8.5.4 to AbuseIPDB") })
    #expect(server.request(patience: 0) == nil)
  }

  @Test("what others say, decrees and ends of blocks are no incidents of this machine's")
  func hearsay() throws {
    func incident(_ event: String, _ cause: String, _ kind: String = "host") throws -> Incident? {
      let line =
        "{\"sequence\":1,\"time\":\"2026-11-30T09:00:00Z\",\"event\":\"\(event)\",\"kind\":\"\(kind)\","
        + "\"name\":\"8.8.4.4\",\"failures\":3,\"by\":\"\(cause)\",\"service\":\"sshd\"}"
      return Incident(try #require(NewsItem(line: Array(line.utf8))))
    }
    #expect(try incident("began", "attempt") != nil)
    for cause in ["hand", "order", "transfer", "update", "advice"] {
      #expect(try incident("began", cause) == nil, "\(cause)")
    }
    #expect(try incident("ended", "attempt") == nil && incident("extended", "attempt") == nil)
    #expect(try incident("began", "attempt", "user") == nil)
  }
}
