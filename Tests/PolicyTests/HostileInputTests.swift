import Harness
import Policy
import Testing

private func read(_ bytes: [UInt8]) -> (configuration: Configuration, diagnostics: [Diagnostic]) {
  let reader = ConfigurationReader()
  reader.read(bytes, file: "abl.conf")
  let configuration = reader.finish()
  return (configuration, reader.diagnostics)
}

@Suite("A hostile configuration")
struct HostileInputTests {
  @Test("refuses a line of more than 64 KiB, and reads the next")
  func longLine() {
    let start = Array("host_whitelist=".utf8)
    let line = start + [UInt8](repeating: 0x61, count: 65536 - start.count)
    #expect(read(line).diagnostics.isEmpty)
    let (configuration, diagnostics) = read(line + Array("a\ndebug".utf8))
    #expect(
      diagnostics.map(\.headline.description) == [
        "abl.conf:1:1: error: line too long; at most 64 KiB are read"
      ])
    #expect(configuration.isDebugging)
    #expect(configuration.hostAllowList.entries.isEmpty)
  }

  @Test("refuses a file of more than 1 MiB")
  func longFile() {
    let file = Array("debug\n".utf8) + [UInt8](repeating: 0x0A, count: (1 << 20) - 6)
    #expect(read(file).configuration.isDebugging)
    let (configuration, diagnostics) = read(file + [0x0A])
    #expect(
      diagnostics.map(\.headline.description) == [
        "abl.conf:1:1: error: file too long; at most 1 MiB is read"
      ])
    #expect(!configuration.isDebugging)
  }

  @Test("refuses a NUL, and shows it as what it isn't")
  func nul() {
    let (configuration, diagnostics) = read(Array("user_whitelist=a\0b\ndebug".utf8))
    #expect(
      diagnostics.map(\.rendered.description) == [
        """
        abl.conf:1:17: error: unexpected NUL byte
        user_whitelist=a?b
                        ^
        """
      ])
    #expect(configuration.userAllowList.entries.isEmpty)
    #expect(configuration.isDebugging)
  }

  @Test("shows only the part of a long line that is wrong")
  func cutLine() {
    func clauses(_ count: Int) -> String { String(repeating: "я:1/1h ", count: count) }
    let diagnostics = read(Array("user_rule=\(clauses(100))b:1/1year \(clauses(100))".utf8))
      .diagnostics
    #expect(
      diagnostics.map(\.rendered.description) == [
        """
        abl.conf:1:716: error: unknown unit; use 's', 'm', 'h' or 'd'
        …:1/1h \(clauses(6))b:1/1year \(clauses(16))я:1/1h…
        \(String(repeating: " ", count: 54))^~~~
        """
      ])
  }

  @Test("makes terminal controls and broken text in a line harmless")
  func harmlessPicture() {
    let line: [UInt8] = Array("\u{1B}[2J=\u{202E}".utf8) + [0xFF, 0x0B]
    let diagnostics = read(line + Array("ü".utf8)).diagnostics
    #expect(
      diagnostics.map(\.rendered.description) == [
        "abl.conf:1:1: error: unknown key\n?[2J=???ü\n^~~~"
      ]
    )
  }

  @Test("shows a file's name escaped")
  func fileName() {
    let reader = ConfigurationReader()
    reader.read(Array("x".utf8), file: "/a\nb")
    #expect(reader.diagnostics.map(\.headline.description) == ["/a\\x0ab:1:1: error: unknown key"])
  }

  @Test("keeps at most 200 complaints")
  func manyMistakes() {
    let diagnostics = read(Array(String(repeating: "x\n", count: 50_000).utf8)).diagnostics
    #expect(diagnostics.count == 200)
    #expect(
      diagnostics.last?.headline
        == "abl.conf:200:1: error: too many mistakes; the rest is not shown")
    let clauses = read(
      Array("user_rule=".utf8) + [UInt8](repeating: 0x20, count: 9)
        + Array(String(repeating: "x ", count: 30_000).utf8)
    ).diagnostics
    #expect(clauses.count == 200)
  }

  @Test(
    "bears lines of 100 kB",
    arguments: ["*", ":", "1", "/", "|", "!", "[", "]", "%", "\\", ";", "."])
  func longRuns(_ character: String) {
    let run = String(repeating: character, count: 50_000)
    for key in ["", "host_rule=", "host_whitelist=", "host_block_cmd=", "limits=", "max_size="] {
      for diagnostic in read(Array((key + run + "\n" + key + run + run).utf8)).diagnostics {
        #expect(diagnostic.rendered.bytes.count < 1000)
      }
    }
    #expect(HostAddress(parsing: Array(run.utf8)[...]) == nil)
  }

  @Test("bears any bytes")
  func randomBytes() {
    var random = SeededRandom(seed: 42)
    let keys = ["host_rule", "user_rule", "limits", "host_whitelist", "host_block_cmd", "max_size"]
    let likely = Array("*:/|![]%\\#;,=. \t\r\n0159afhmsd\u{0}\u{1B}é".utf8)
    for round in 0..<10_000 {
      var bytes = round % 3 == 0 ? [] : Array((keys[round % 6] + "=").utf8)
      for _ in 0..<(random.next() % 120) {
        let isLikely = round % 2 == 0
        bytes.append(
          isLikely ? likely[Int(random.next() % UInt64(likely.count))] : UInt8(random.next() & 255))
      }
      let (configuration, diagnostics) = read(bytes)
      for diagnostic in diagnostics { #expect(!diagnostic.rendered.isEmpty) }
      let name = Name(bytes)
      let attempt = Attempt(user: name, host: Host(bytes[...]), service: name)
      for subject in configuration.subjects(of: attempt) {
        _ = configuration.isAllowed(subject)
        let now = Timestamp(seconds: Int64(bitPattern: random.next()))
        let attempts = (0..<4).map { _ in
          Guess(
            Timestamp(seconds: Int64(bitPattern: random.next())), Tried(word: random.next()))
        }
        let block = configuration.rule(for: subject)
          .block(of: subject, using: name, after: attempts, inFlight: 1, at: now)
        #expect(block?.ruleText.isEmpty != true)
      }
      _ = configuration.hostBlockCommand?.arguments(for: nil, user: name, service: name)
      #expect(name.escaped.bytes.count >= bytes.count)
    }
  }

  @Test("has no moment before the first or after the last")
  func timestamps() {
    let (first, last) = (Timestamp(seconds: .min), Timestamp(seconds: .max))
    #expect(last.interval(since: first) == .max)
    #expect(first.interval(since: last) == .min)
    #expect(last.adding(1) == last)
    #expect(first.adding(-1) == first)
    #expect(first < last)
  }
}
