import Foundation
import Harness
import Testing

@testable import News
@testable import Notices
@testable import Reports

/// What the courier reads of others: settings, events, JSON, answers.
@Suite struct ReaderTests {
  private func settings(_ text: String) -> (CourierSettings?, [String]) {
    do throws(CourierSettingsError) {
      return (try CourierSettings(parsing: text, file: "courier.conf"), [])
    } catch {
      return (nil, error.messages)
    }
  }

  @Test("conf/courier.conf names every key; its defaults are the defaults") func shipped() throws {
    let text = try Repository.text(of: "conf/courier.conf")
    #expect(settings(text).0 == CourierSettings())
    // What stands behind '#' without a blank is the default; indented, an example.
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#key = value ") }
    func made(_ isMeant: (Substring) -> Bool) -> String {
      lines.filter { $0.hasPrefix("#") && isMeant($0.dropFirst()) }.map { $0.dropFirst() }.joined(
        separator: "\n")
    }
    let defaults = made { $0.first?.isLetter == true }
    #expect(settings(defaults).1 == [] && settings(defaults).0 == CourierSettings(), "\(defaults)")
    let examples = made {
      $0.hasPrefix("   ") && $0.dropFirst(3).first?.isLetter == true && !$0.contains("key = value")
        && $0.contains(" = ")
    }
    #expect(settings(examples).1 == [])
    let source = try ["CourierSettings", "Collector"].map {
      try Repository.text(of: "Sources/News/\($0).swift")
    }.joined()
    let manual = try Repository.text(of: "docs/man/abl-courier.8")
    let keys = source.matches(of: /"([a-z]+_[a-z_]+|digest|sendmail|administrators)"/).map {
      String($0.1)
    }
    let named = Set(keys).subtracting(["mail_", "report_"])
    #expect(named.count >= 18)
    for key in named {
      #expect((defaults + "\n" + examples).contains("\(key) = "), "\(key)")
      #expect(manual.contains(key), "\(key)")
    }
  }

  @Test(
    "a mistake in the settings is told with its place, and all of them are",
    arguments: [
      ("mail = x", "unknown key 'mail'"), ("mail_to", "'KEY = VALUE' expected"),
      ("mail_to = root\u{1B}", "at most 10 addresses of mail expected, with ';' between them"),
      ("mail_to = -oQ/tmp/x", "at most 10 addresses of mail expected, with ';' between them"),
      ("mail_from = a b", "an address of mail expected"),
      ("mail_server = ://", "HOST or HOST:PORT expected"),
      ("mail_server = 127.0.0.1:0", "HOST or HOST:PORT expected"),
      ("sendmail = sendmail", "'off', or a path, expected"),
      ("digest = weekly", "'hourly', 'daily' or 'off' expected"),
      ("hook_time = 2h", "a time, as in 60s, from 1 to 3600 expected"),
      ("hooks_at_once = 0", "a number from 1 to 32 expected"),
      ("report_contact = abuse", "an address of mail expected"),
      ("report_automatically = yes", "'on' or 'off' expected"),
      (
        "report_rdap = ftp://x/",
        "an address like 'https://rdap.example.net/' expected, with '/' at its end"
      ),
      ("report_dns = resolver", "an address, or ADDRESS:PORT, expected"),
      ("report_other = 1", "unknown key 'report_other'"),
      ("report_abuseipdb = abcdef123", "'off', or the path of a file with the key, expected"),
      ("report_blocklist_de = on", "'off', or the path of a file with the key, expected"),
      (
        "report_abuseipdb_url = http://example.net/report",
        "an address like 'https://example.net/report' expected"
      ),
      (
        "report_blocklist_de_url = ftp://example.net/",
        "an address like 'https://example.net/report' expected"
      ),
      ("report_abuseipdb_key = x", "unknown key 'report_abuseipdb_key'"),
      ("mail_\u{1B}x = 1", "unknown key 'mail_?x'"),
    ])
  func mistakes(_ row: (text: String, problem: String)) {
    let isOfValue = !row.problem.hasPrefix("unknown key") && !row.problem.hasPrefix("'KEY")
    let column = isOfValue ? row.text.prefix { $0 != "=" }.count + 3 : 1
    let complaint = "courier.conf:2:\(column): error: \(row.problem)"
    #expect(settings("# first\r\n\(row.text)\r\n").1 == [complaint])
    #expect(settings("\(row.text)\n\n\(row.text)").1.count == 2)
  }

  // MARK: JSON

  @Test("JSON is read as RFC 8259 has it, and nothing else is") func json() {
    func read(_ text: String) -> JSON? { JSON(Array(text.utf8)) }
    #expect(
      read(#" {"a":[1,-2.5e1,true,null,"x\n\u00e9\ud83d\ude00\/"]} "#)?["a"]?.elements == [
        .number(1), .number(-25), .bool(true), .null, .string("x\né😀/"),
      ])
    #expect(read(#"{"a":1,"a":2}"#)?["a"]?.integer == 1)
    #expect(read("\"\\ud800x\"") == .string("\u{FFFD}x"))
    for text in [
      "", "{", "[1,]", "{\"a\" 1}", "\"\n\"", "\"\\x\"", "01x", "tru", "1 2", "\"\\u00\"", "nan",
      "+",
    ] {
      #expect(read(text) == nil, "\(text)")
    }
    #expect(read(String(repeating: "[", count: 100_000)) == nil)
    #expect(read(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)) != nil)
    #expect(read(String(repeating: "[", count: 33) + String(repeating: "]", count: 33)) == nil)
  }

  @Test("made-up bytes are read to their end, by all that reads what strangers say") func noise() {
    var generator = SeededRandom(seed: 24)
    let words = [
      "{", "}", "[", "]", "\"", "\\u", ":", ",", "1e", "data:", "\r\n", "\n\n",
      "HTTP/1.1 200 OK\r\n\r\n", "Transfer-Encoding: chunked", "refer:", "%",
    ]
    let question = DNSQuestion(name: "1.contacts.example", id: 7)
    for _ in 0..<3000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<60, using: &generator) {
        if Bool.random(using: &generator) {
          bytes += Array((words.randomElement(using: &generator) ?? "").utf8)
        }
        bytes.append(UInt8.random(in: 0...255, using: &generator))
      }
      _ = JSON(bytes)
      _ = NewsItem(line: bytes)
      var reader = EventReader()
      for byte in bytes { _ = reader.take([byte]) }
      let head = question.encoded
      _ = question.texts(in: bytes)
      _ = question.texts(
        in: [0, 7, 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0] + head[12..<(head.count - 11)] + bytes)
      _ = Whois.mailbox(in: String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
      _ = try? Fetcher.Target("https://" + String(decoding: bytes, as: UTF8.self))
      _ = Digest(decoding: bytes)
      _ = settings(String(decoding: bytes, as: UTF8.self))
    }
  }

  // MARK: Events

  @Test("events are the same, however the answer is cut into pieces") func pieces() {
    let body = "data: {\"a\":1}\n\n: quiet\n\nid: 2\nevent: began\ndata: {\"b\":\ndata: 2}\n\n"
    let first = body.prefix(17)
    let rest = body.dropFirst(17)
    let answer =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
      + "\(String(first.utf8.count, radix: 16))\r\n\(first)\r\n\(String(rest.utf8.count, radix: 16));x=y\r\n\(rest)\r\n"
    for size in 1...answer.utf8.count {
      var (reader, events): (EventReader, [[UInt8]]) = (EventReader(), [])
      let bytes = Array(answer.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        events += reader.take(bytes[start...].prefix(size))
      }
      #expect(
        events.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\":1}", "{\"b\":2}"]
          && reader.trouble == nil)
    }
  }

  @Test("what is no answer, or has no end, is told, and is not kept") func trouble() {
    func trouble(_ text: String) -> String? {
      var reader = EventReader()
      _ = reader.take(text.utf8)
      return reader.trouble
    }
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(trouble("HTTP/1.1 403 Forbidden\r\n\r\n") == "abld lets user abl not look")
    #expect(trouble("HTTP/1.1 500 x\r\n\r\n") == "HTTP status 500")
    #expect(trouble(String(repeating: "x", count: 70_000)) == "an answer that is too long")
    #expect(
      trouble(head + "zz\r\n") == "a chunk of no size" && trouble(head + "0\r\n") == "the end")
    #expect(
      trouble(head + "fffff\r\n" + String(repeating: "x", count: 70_000))
        == "a line that is too long")
    #expect(
      trouble(head + "fffff\r\n" + String(repeating: "data: x\n", count: 70_000))
        == "an event that is too long")
  }

  @Test("what is missing between two events is counted, and another store is noticed")
  func position() {
    var position = Position(after: nil)
    #expect(position.take(7) == .init(missed: 0, isNewStore: false))
    #expect(position.take(8) == .init(missed: 0, isNewStore: false))
    #expect(position.take(12) == .init(missed: 3, isNewStore: false))
    #expect(position.take(1) == .init(missed: 0, isNewStore: true))
    #expect(position.take(1) == .init(missed: 0, isNewStore: true))
    #expect(position.take(.max).missed == .max && position.take(0).isNewStore)
  }

  // MARK: Addresses

  @Test("an address is read in one spelling, and a name never is") func addresses() {
    for text in [
      "", "1.2.3", "01.2.3.4", "1.2.3.4 ", "1.2.3.4/8", "fe80::1%eth0", "example.org", "0x7f.1",
      "[::1]", ":", "1.2.3.4\u{0}",
    ] {
      #expect(Address(text) == nil, "\(text)")
    }
    #expect(
      Address("::ffff:192.0.2.7")?.text == "192.0.2.7"
        && Address("2001:DB8::07")?.text == "2001:db8::7")
    #expect(Address("8.8.4.4")?.isPublic == true && Address("2a00:1450::1")?.isPublic == true)
    #expect(Address("2001:db8:1:2:3::")?.network(48).text == "2001:db8:1::")
  }

  @Test(
    "an address of mail is nothing else",
    arguments: [
      "", "a", "@b.c", "a@", "a@b", "-a@b.example", "a@-b.example", "a@b..example", "a b@c.example",
      "a@b.example\r\nBcc: x@y.example",
      "a@b.example,c@d.example", "<a@b.example>", "\"a b\"@c.example", "a@b.example;id",
      "a@[127.0.0.1]", "é@b.example", ".a@b.example", "a@b@c.example",
    ])
  func mailboxes(_ text: String) { #expect(!Mailbox.isUsable(text)) }

  @Test("an event of a kind that isn't known is one all the same: its number isn't missing")
  func otherEvents() throws {
    let line =
      #"{"sequence":7,"time":"t","event":"allowed","kind":"host","name":"192.0.2.7","since":null}"#
    let item = try #require(NewsItem(line: Array(line.utf8)))
    #expect(item.event == .other && item.word == "allowed" && item.sequence == 7)
    var digest = Digest(begun: 0)
    digest.take(item)
    #expect(digest.counts == [.other: 1] && digest.sequence == 7)
  }

  @Test("a digest is kept over restarts as it was") func digest() throws {
    var digest = Digest(begun: 1_700_000_000)
    for index in 1...200 {
      let line =
        "{\"sequence\":\(index),\"time\":\"t\",\"event\":\"began\",\"kind\":\"host\",\"name\":\"192.0.2.\(index)\",\"service\":\"s\(index)\\n\",\"rule\":\"*:1/1h\"}"
      digest.take(try #require(NewsItem(line: Array(line.utf8))))
    }
    digest.miss(7)
    #expect(
      digest.blocks.count == 50 && digest.services.count == 31 && digest.services["others"] == 170)
    #expect(Digest(decoding: digest.encoded) == digest && digest.encoded.count < 10_000)
    #expect(digest.headline == "200 hosts were blocked")
  }

  // MARK: Units

  @Test(
    "systemd understands the units; that of the courier has next to no rights",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"),
      "needs systemd-analyze"))
  func units() throws {
    let courier = Repository.file("conf/abl-courier.service")
    let rating = try Command(
      "systemd-analyze", ["security", "--offline=yes", "--threshold=25", courier]
    ).run()
    #expect(rating.status == 0, "\(rating)")
    let directory = try TemporaryDirectory()
    let path = directory.url.path
    let script = """
      cp \(courier) \(Repository.file("conf/systemd/abl-hook-root.service")) '\(path)'
      sed -i 's|^ExecStart=.*|ExecStart=/bin/true|; /^Documentation=/d' '\(path)'/*
      systemd-analyze verify '\(path)'/* 2>&1 | grep abl- || true
      """
    let said = try Command("/bin/sh", ["-euc", script]).run()
    #expect(said.status == 0 && said.output.isEmpty, "\(said)")
  }

  @Test("the examples of hooks are scripts that sh reads") func examples() throws {
    for name in ["mail", "webhook", "ntfy"] {
      let file = Repository.file("conf/hooks/\(name).example")
      #expect(try Command("/bin/sh", ["-n", file]).run().status == 0)
    }
  }
}
