import Policy
import Testing

private func read(_ bytes: [UInt8]) -> (configuration: Configuration, complaints: [String]) {
  let reader = ConfigurationReader()
  reader.read(bytes, file: "abl.conf")
  let configuration = reader.finish()
  return (configuration, reader.diagnostics.map(\.rendered.description))
}

private let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

@Suite("The encoding of a configuration")
struct EncodingTests {
  @Test("skips a byte order mark, and counts columns from behind it")
  func byteOrderMark() {
    let (configuration, complaints) = read(mark + Array("host_rule=*:3/1h\nuser_rule=*:3/1h".utf8))
    #expect(complaints == [])
    #expect(configuration.hostRule.text == "*:3/1h")
    #expect(configuration.userRule.text == "*:3/1h")
    #expect(
      read(mark + Array("host_rul=x".utf8)).complaints == [
        """
        abl.conf:1:1: error: unknown key; did you mean 'host_rule'?
        host_rul=x
        ^~~~~~~~
        """
      ])
    #expect(read(mark).complaints == [])
    #expect(read(Array("host_rule=".utf8) + mark + Array(":3/1h".utf8)).complaints == [])
  }

  @Test(
    "says in one line that a file is UTF-16, and reads nothing of it",
    arguments: [([0xFF, 0xFE], true), ([0xFE, 0xFF], false), ([], true), ([], false)])
  func wideCharacters(mark: [UInt8], isLittleEndian: Bool) {
    let text = Array("# rules\nhost_rule=*:3/1h\n".utf8)
      .flatMap { isLittleEndian ? [$0, 0] : [0, $0] as [UInt8] }
    let (configuration, complaints) = read(mark + text)
    #expect(complaints.count == 1)
    let message = "abl.conf:1:1: error: this file is in UTF-16, and not read; save it as UTF-8\n"
    #expect(complaints.first?.hasPrefix(message) == true)
    #expect(configuration.hostRule.clauses.isEmpty)
  }

  @Test("reads lines that end in CR alone, and says so")
  func returnsAlone() {
    let (configuration, complaints) = read(
      Array("# rules\rhost_rule=*:3/1h\r\ruser_rule=*:4/1x\rdebug\r".utf8))
    #expect(configuration.hostRule.text == "*:3/1h")
    #expect(configuration.isDebugging)
    #expect(
      complaints == [
        """
        abl.conf:1:8: warning: this line ends in CR alone, and is read so; save the file with LF ends
        # rules?host_rule=*:3/1h??user_rule=*:4/1x?debug
               ^
        """,
        """
        abl.conf:4:16: error: unknown unit; use 's', 'm', 'h' or 'd'
        user_rule=*:4/1x
                       ^
        """,
      ])
    let mixed = read(Array("debug\r\nhost_rule=*:3/1h\ruser_rule=*:4/1h\ndb_home=/x\r\r\n".utf8))
    #expect(mixed.configuration.userRule.text == "*:4/1h")
    #expect(mixed.configuration.databaseHome == "/x")
    #expect(mixed.complaints.count == 1)
    for harmless in ["debug\r", "debug\r\n", "debug \r \r", "\r", "debug\r\nlimits=2-2\r\n"] {
      #expect(read(Array(harmless.utf8)).complaints == [])
    }
  }

  @Test("warns of a user whose name is not UTF-8") func latin() {
    let reader = ConfigurationReader()
    let text = Array("host_rule=*:1/1h\nuser_whitelist=bob;m".utf8) + [0xFC] + Array("ller".utf8)
    reader.read(text, file: "abl.conf")
    #expect(
      reader.finish().advice.map(\.headline.description) == [
        "abl.conf:2:20: warning: this name is not UTF-8, as programs tell names: save the file as UTF-8"
      ])
  }
}
