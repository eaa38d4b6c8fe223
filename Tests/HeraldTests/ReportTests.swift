import Foundation
import Harness
import News
import Testing

@testable import Reports

/// Reports, and the search for whom to tell: with servers that answer late, wrong, huge and hostile.
@Suite(.enabled(if: Place.isAvailable, "needs root: the courier runs as another user"), .serialized)
struct ReportTests {
  /// Somewhere in the Internet; nothing is ever sent there.
  private static let address = "8.8.4.4"

  private func incident(_ address: String = address, port: String = "50000") -> [String] {
    [address, port, "sshd", "2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z", "10"]
  }

  /// What courier.conf says where only these are asked.
  private func configure(
    _ place: Place, rdap: CourierServer? = nil, dns: CourierServer? = nil,
    whois: CourierServer? = nil, mail: MailServer? = nil, _ more: [String] = []
  ) throws {
    place.kept += [rdap, dns, whois, mail]
    let lines = [
      "report_contact = abuse-desk@example.org", "report_organization = Example",
      // A port of the loopback at which nothing listens.
      "report_rdap = http://127.0.0.1:\(rdap?.port ?? 1)/",
      "report_dns = 127.0.0.1:\(dns?.port ?? 1)", "report_zone = contacts.example",
      "report_whois = 127.0.0.1:\(whois?.port ?? 1)",
      "mail_server = \(mail?.address ?? "127.0.0.1:1")",
    ]
    try place.write("courier.conf", (lines + more).joined(separator: "\n") + "\n")
  }

  @Test("a report goes to the contact that the registry names, with XARF for programs")
  func report() throws {
    let (place, mail) = (try Place(), try MailServer())
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(place, rdap: rdap, mail: mail)
    let outcome = try place.run(["--report"] + incident())
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output == "reported 8.8.4.4 to abuse@example.net (by RDAP)\n")
    #expect(rdap.request() == "/ip/8.8.4.4")
    let text = try #require(mail.mails.first)
    #expect(text.contains("X-Envelope: RCPT TO:<abuse@example.net>\r\n"))
    #expect(text.contains("Address:       8.8.4.4\r\n") && text.contains("Failed logins: 10\r\n"))
    #expect(text.contains("\"xarf_version\": \"4.2.0\"") && text.contains("\"source_port\": 50000"))
  }

  @Test(
    "a network is reported once in 24 hours, and a day's number isn't exceeded, over restarts too")
  func bounds() throws {
    let (place, mail) = (try Place(), try MailServer())
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(place, rdap: rdap, mail: mail, ["reports_per_day = 2"])
    func report(_ address: String) throws -> Bool {
      try place.run(["--report"] + incident(address)).status == 0
    }
    #expect(try report("8.8.4.4") && !report("8.8.4.9") && report("8.8.5.4") && !report("8.8.6.4"))
    #expect(mail.mails.count == 2)
    // A day later.
    let old = place.known("state/reports").map { line -> String in
      let words = line.split(separator: " ")
      return ([String((Int(words[0]) ?? 0) - 86_401)] + words.dropFirst().map(String.init))
        .joined(separator: " ")
    }
    try place.write("state/reports", old.joined(separator: "\n") + "\n", 0o666)
    #expect(try report("8.8.4.9") && mail.mails.count == 3)
  }

  @Test("of several that report one network at one time, one does") func race() async throws {
    let (place, mail) = (try Place(), try MailServer())
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(place, rdap: rdap, mail: mail)
    let script = (0..<6).map { _ in
      "\(place.program) \(place.options.joined(separator: " ")) --report \(incident().joined(separator: " ")) & "
    }.joined()
    _ = try Command("/bin/sh", ["-c", script + "wait"]).run()
    #expect(mail.mails.count == 1)
  }

  @Test("a report that can't be sent may be sent later") func failure() throws {
    let place = try Place()
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(place, rdap: rdap, mail: try MailServer("refuse"))
    let outcome = try place.run(["--report"] + incident())
    #expect(outcome.status == 1 && outcome.output.contains("it refused RCPT"), "\(outcome)")
    let mail = try MailServer()
    try configure(place, rdap: rdap, mail: mail)
    #expect(try place.run(["--report"] + incident()).status == 0 && mail.mails.count == 1)
  }

  @Test(
    "what is private, set aside or this machine's own is never reported",
    arguments: [
      "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.31.0.1", "100.64.0.1", "169.254.1.1",
      "192.0.2.7",
      "224.0.0.1", "0.0.0.0", "::1", "fe80::1", "fd00::1", "2001:db8::7", "64:ff9b::10.0.0.1",
      "2002:c0a8:0101::1", "::ffff:10.0.0.1",
    ])
  func never(_ address: String) throws {
    let place = try Place()
    try configure(place)
    let outcome = try place.run(["--report"] + incident(address))
    let why = ["no address of the Internet", "this machine's own"]
    #expect(outcome.status == 1 && why.contains { outcome.output.contains($0) })
    #expect(place.read("state/reports").isEmpty)
  }

  @Test("its own addresses are none to report") func own() throws {
    let own: Address = try #require(Address("8.8.4.4"))
    let incident = try #require(ReportErrand.incident(incident()))
    #expect(incident.objection(own: [own]) == "8.8.4.4 is this machine's own")
    #expect(incident.objection(own: []) == nil)
  }

  @Test("a dry run shows the mail, and sends and remembers nothing of it") func dry() throws {
    let (place, mail) = (try Place(), try MailServer())
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(place, rdap: rdap, mail: mail)
    let outcome = try place.run(["--report-dry"] + incident())
    #expect(outcome.status == 0 && outcome.output.contains("To: abuse@example.net"))
    #expect(mail.mails.isEmpty && place.read("state/reports").isEmpty)
  }

  // MARK: Whom to tell

  @Test(
    "whatever a registry answers, it is RDAP, then DNS, then whois",
    arguments: ["wrong", "huge", "missing", "deep", "inside", "late"])
  func rdapFails(_ mode: String) throws {
    let place = try Place()
    let rdap = try CourierServer(["rdap", mode, "rdap@example.net"])
    let dns = try CourierServer(["dns", "right", "dns@example.net"])
    try configure(place, rdap: rdap, dns: dns)
    let outcome = try place.run(["--report-dry"] + incident())
    #expect(outcome.output.contains("To: dns@example.net"), "\(outcome)")
    #expect(dns.request() == "4.4.8.8.contacts.example")
    #expect(rdap.request() == "/ip/8.8.4.4")
    // Where a redirection led to the machine itself nothing was asked.
    #expect(rdap.request(patience: 0) == nil)
  }

  @Test(
    "whatever a server of names answers, whois is asked",
    arguments: ["missing", "cut", "wrong", "huge", "late"])
  func dnsFails(_ mode: String) throws {
    let place = try Place()
    let dns = try CourierServer(["dns", mode, "dns@example.net"])
    let whois = try CourierServer(["whois", "right", "whois@example.net"])
    try configure(place, dns: dns, whois: whois)
    let outcome = try place.run(["--report-dry"] + incident())
    #expect(outcome.output.contains("To: whois@example.net"), "\(outcome)")
    #expect(whois.request() == "8.8.4.4")
  }

  @Test(
    "whatever whois answers, there is an end",
    arguments: ["missing", "wrong", "endless", "late", "refer"])
  func whoisFails(_ mode: String) throws {
    let place = try Place()
    try configure(place, whois: try CourierServer(["whois", mode, "whois@example.net"]))
    let outcome = try place.run(["--report-dry"] + incident())
    #expect(outcome.status == 1, "\(outcome)")
    #expect(outcome.output.contains("no contact for 8.8.4.4 (RDAP: cannot connect;"))
  }

  @Test("of what is hostile only an address of mail is taken") func hostile() throws {
    let place = try Place()
    for kind in ["rdap", "dns", "whois"] {
      let server = try CourierServer([kind, "hostile", "good@example.net"])
      switch kind {
      case "rdap": try configure(place, rdap: server)
      case "dns": try configure(place, dns: server)
      default: try configure(place, whois: server)
      }
      let outcome = try place.run(["--report-dry"] + incident("8.8.\(kind.utf8.count).4"))
      #expect(outcome.output.contains("To: good@example.net"), "\(kind): \(outcome)")
      #expect(outcome.output.utf8.allSatisfy { $0 == 10 || 0x20...0x7E ~= $0 })
    }
  }

  @Test("an answer to another question, or with another number, is none") func forged() throws {
    let place = try Place()
    try configure(place, dns: try CourierServer(["dns", "forged", "right@example.net"]))
    let outcome = try place.run(["--report-dry"] + incident())
    #expect(outcome.output.contains("To: right@example.net"), "\(outcome)")
  }

  @Test("IANA's table tells the registry of the longest network, by HTTPS alone") func bootstrap() {
    let table = JSON(
      Array(
        """
        {"services":[[["8.0.0.0/8"],["https://arin.example/"]],
          [["8.8.0.0/16","1.0.0.0/8"],["http://plain.example/","https://ripe.example"]],
          [["8.8.4.0/24"],["http://only.example/"]],[["2a00::/12"],["https://six.example/"]]]}
        """.utf8))
    func base(_ text: String) -> String? {
      Address(text).flatMap { address in table.flatMap { RDAP.base(for: address, in: $0) } }
    }
    #expect(
      base("8.8.4.4") == "https://ripe.example/" && base("8.9.0.1") == "https://arin.example/")
    #expect(base("9.0.0.1") == nil && base("2a00:1::1") == "https://six.example/")
  }

  // MARK: XARF

  private static let validator = Repository.file(".build/python/bin/python3")

  @Test("a report is valid for the public validator of XARF, and nothing is unknown in it")
  func valid() throws {
    let probe = try Command("/bin/sh", ["-c", "\(Self.validator) -c 'import xarf'"]).run()
    guard probe.status == 0 else {
      print("not compared: no validator of XARF; Tests/Support/xarf installs it")
      return
    }
    for (address, port) in [
      ("8.8.4.4", UInt16(50_000)), ("2a00:1450:4001:800::1", 1), ("2a00:1450:4001:800::/64", 2),
    ] {
      let incident = Incident(
        try #require(AddressRange(address)), port: port, service: "ss\"h\\d\u{1B}é",
        first: "2026-11-30T08:00:00Z", last: "2026-11-30T09:00:00Z", failures: 10)
      var settings = CourierSettings()
      settings.reportOrganization = "Ex\"ample"
      let xarf = try #require(XARF(incident, settings, contact: "abuse@example.org"))
      let directory = try TemporaryDirectory()
      try xarf.text.write(to: directory.file("report.json"), atomically: true, encoding: .utf8)
      let script = """
        import sys, xarf
        found = xarf.parse(open(sys.argv[1]).read(), strict=False)
        for each in found.errors + getattr(found, "warnings", []): print(each)
        """
      let outcome = try Command(
        Self.validator, ["-c", script, directory.file("report.json").path]
      ).run()
      #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)\n\(xarf.text)")
    }
  }

  @Test("without a port there is no XARF, and the mail says so") func portless() throws {
    let incident = Incident(
      try #require(AddressRange("8.8.4.4")), port: 0, service: "sshd", first: "a", last: "b",
      failures: 1
    )
    #expect(XARF(incident, CourierSettings(), contact: "abuse@example.org") == nil)
  }

  @Test("base64 is that of RFC 4648") func base64() {
    for (text, code) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ] {
      #expect(XARF.base64(Array(text.utf8)) == code)
    }
  }

  // MARK: By itself

  @Test("blocks are reported by themselves only where that is asked for, within the bounds")
  func automatic() throws {
    let (place, mail) = (try Place(), try MailServer())
    let rdap = try CourierServer(["rdap", "right", "abuse@example.net"])
    try configure(
      place, rdap: rdap, mail: mail, ["report_automatically = on", "reports_per_day = 2"])
    try place.startCourier()
    for address in ["10.0.0.1", "8.8.4.4", "8.8.4.5", "8.8.5.4", "8.8.6.4", "8.8.7.4"] {
      try place.fail(address, user: "a-secret-typed-for-a-name")
    }
    #expect(eventually { mail.mails.count == 2 }, "\(place.read("courier.log"))")
    try place.fail("8.8.8.4")
    #expect(eventually { place.read("state/events").contains("taken 7") })
    #expect(mail.mails.count == 2)
    #expect(mail.mails.allSatisfy { !$0.contains("a-secret") })
  }
}
