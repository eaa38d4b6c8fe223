import Testing

@testable import Administration

@Suite struct BadBackupTests {
  private let machine = Machine()
  private var file: String { machine.directory + "/export" }
  private static let head = #"{"format":"abl export","version":1}"#
  private static let good =
    #"{"kind":"user","name":"bob","attempts":["#
    + #"{"id":"1","time":1700000000,"service":"sshd"}]}"#
  private static let end = #"{"end":true,"subjects":1,"attempts":1}"#

  @Test(
    "tells the place of what can't be read, and takes over the rest",
    arguments: [
      ("nonsense", "1: expected an object, '{'"),
      (#"{"kind":"host","name":"x"}"#, "1: 'attempts' is missing"),
      (
        #"{"kind":"thing","name":"x","attempts":[]}"#,
        #"9: expected "host", "network", "user", "home" or "caller""#
      ),
      (#"{"kind":"user","name":"\\y","attempts":[]}"#, "1: no subject can have this name"),
      (#"{"kind":"host","name":"UNKNOWN","attempts":[]}"#, "1: no subject can have this name"),
      (#"{"kind":"user","name":"x","attempts":[{}]}"#, "39: 'id' is missing"),
      (
        #"{"kind":"user","name":"x","attempts":[{"id":"g"}]}"#,
        "45: expected up to 16 hexadecimal digits"
      ),
      (
        #"{"kind":"user","name":"x","attempts":[{"id":"1","state":"odd"}]}"#,
        "57: this word is unknown"
      ),
    ])
  func badLine(line: String, complaint: String) {
    Machine.write([Self.head, Self.good, line, Self.end].joined(separator: "\n"), to: file)
    let ended = machine.ablctl("import", file)
    #expect(ended.error == "ablctl: \(file):3:\(complaint)\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("list", "--quiet").output == "bob\n")
  }

  @Test(
    "refuses what is no export, or of a newer version",
    arguments: [
      ("", "it is empty"), ("x\n", "it is no export of abl"), ("{}\n", "it is no export of abl"),
      (#"{"format":"abl export","version":3}"#, "its format is version 3, this is for 2"),
    ])
  func refuses(text: String, reason: String) {
    Machine.write(text + "\n" + Self.good + "\n", to: file)
    if text.isEmpty { Machine.write("", to: file) }
    let ended = machine.ablctl("import", file)
    #expect(
      ended == Ended(status: 1, output: "", error: "ablctl: cannot import '\(file)': \(reason)\n"))
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test("names what it can't read") func directory() {
    let ended = machine.ablctl("import", "abl", machine.directory)
    #expect(ended.error == "ablctl: cannot read '\(machine.directory)': Is a directory\n")
    #expect(ended.status == 1)
  }

  @Test("says that the end is missing, and takes over what there is") func cut() {
    Machine.write(Self.head + "\n" + Self.good + "\n", to: file)
    let ended = machine.ablctl("import", file)
    let complaint = "its end is missing; what there is of it is taken over"
    #expect(ended.error == "ablctl: \(file): \(complaint)\n")
    #expect(ended.status == 1)
    #expect(machine.ablctl("list", "--quiet").output == "bob\n")
  }

  @Test("tells that the store is full, and what to do") func full() {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nmax_size = 1M\n")
    let lines = (0..<20_000).map { number in
      #"{"kind":"user","name":"user\#(number)","attempts":["#
        + #"{"id":"\#(number)","time":1700000000,"service":"sshd"}]}"#
    }
    Machine.write(([Self.head] + lines).joined(separator: "\n"), to: file)
    let ended = machine.ablctl("import", file)
    #expect(
      ended.error.hasPrefix("ablctl: the store is full: set a larger 'max_size', run 'ablctl "))
    #expect(ended.status == 1)
    #expect(machine.ablctl("fail", "-U", "bob", "-s", "sshd").status == 0)
  }
}
