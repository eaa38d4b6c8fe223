import BlockList
import Daemon
import Platform
import Policy
import Sharing
import Testing
import Upkeep

@testable import Administration

/// `import blocklist`.
@Suite("A list of others") struct BlocklistImportTests {
  private let machine = Machine()

  /// The lists that abld would read.
  private var lists: [AdviceList] {
    ListDirectory(in: Path("\(machine.directory)/db".utf8)).read(at: 0).lists
  }

  /// What was said beside that no abld runs here, which is so on most machines.
  private func complaints(_ ended: Ended) -> [Substring] {
    ended.error.split(separator: "\n").filter { !$0.contains("abld doesn't run") }
  }

  @Test("is kept for abld as advice, under its name, for a time, and is no decree") func list()
    throws
  {
    let path = try machine.file(
      "drop.v4.txt",
      """
      ; Spamhaus DROP List
      198.51.100.0/24 ; SBL256894
      # and others
      192.0.2.7
      2001:db8::/32
      203.0.113.9\t17
      198.51.100.0/24

      """)
    let dry = machine.ablctl("import", "blocklist", path, "--dry-run", "--for", "2d")
    #expect(dry.output.hasPrefix("list drop: 4 sources would be advice until "))
    #expect(dry.status == 0 && dry.error == "" && lists.isEmpty)
    let before = Timestamp.now.seconds
    let ended = machine.ablctl("import", "blocklist", path, "--for", "2d")
    #expect(ended.status == 0 && complaints(ended) == [], "\(ended)")
    #expect(ended.output.hasPrefix("list drop: 4 sources are advice until "))
    #expect(ended.output.hasSuffix("(in 2 d)\n"))
    let list = try #require(lists.first)
    #expect(list.origin.text == "list:drop" && lists.count == 1)
    #expect(
      list.prefixes.map(\.text) == ["198.51.100.0/24", "192.0.2.7", "2001:db8::/32", "203.0.113.9"])
    #expect(Int64(list.made) >= before && list.until - list.made == 2 * 86_400)
    #expect(try machine.decreed == [])
  }

  @Test("takes the place of the one of its name, beside others, and is ended by its name")
  func again() throws {
    _ = machine.ablctl("import", "blocklist", try machine.file("a", "192.0.2.7\n192.0.2.8\n"))
    _ = machine.ablctl("import", "blocklist", try machine.file("b", "192.0.2.9\n"), "--as", "other")
    _ = machine.ablctl("import", "blocklist", try machine.file("a.txt", "192.0.2.8\n"))
    #expect(lists.map(\.origin.text) == ["list:a", "list:other"])
    #expect(lists.map { $0.prefixes.map(\.text) } == [["192.0.2.8"], ["192.0.2.9"]])
    let ended = machine.ablctl("import", "blocklist", "--end", "a")
    #expect(ended.output == "list a: ended\n" && lists.map(\.origin.text) == ["list:other"])
    let none = machine.ablctl("import", "blocklist", "--end", "a")
    #expect(none.status == 1 && none.error == "ablctl: there is no list 'a'\n")
  }

  @Test("stays as it was if a new one has no address, as a download that failed")
  func empty() throws {
    _ = machine.ablctl("import", "blocklist", try machine.file("a", "192.0.2.7\n"))
    for text in ["", "\n# nothing\n", "<html>\n<body>404\n", "10.0.0.1\n", "\0\0\0"] {
      let ended = machine.ablctl("import", "blocklist", try machine.file("a", text))
      #expect(ended.status == 1 && ended.error.contains("; nothing is changed"), "\(ended)")
      #expect(lists.map { $0.prefixes.map(\.text) } == [["192.0.2.7"]])
    }
  }

  @Test("has no address that no list of guessers can mean") func policy() throws {
    let path = try machine.file(
      "all",
      """
      0.0.0.0/0
      ::/0
      10.0.0.0/8
      192.168.1.1
      127.0.0.1
      0.0.0.0/1
      fe80::1
      fc00::/7
      224.0.0.5
      8.8.8.0/24

      """)
    let ended = machine.ablctl("import", "blocklist", path)
    #expect(lists.map { $0.prefixes.map(\.text) } == [["8.8.8.0/24"]])
    let why = complaints(ended).map { $0.split(separator: ": ").last ?? "" }
    let reserved = "it is private, or no address of a host on the Internet"[...]
    #expect(
      why == [
        "the network is too large", "the network is too large", reserved, reserved, reserved,
        "the network is too large", reserved, "the network is too large", reserved,
      ])
    #expect(ended.status == 0)
  }

  @Test("is not harmed by what a stranger may have put there") func hostile() throws {
    var bytes = [UInt8](repeating: 0x31, count: 300_000) + [0x0A]
    bytes += [UInt8](repeating: 0xFF, count: 255) + [0x0A, 0, 0x1B, 0x5B, 0x6D, 0x0A]
    bytes += Array("192.0.2.7/24\n1.2.3\n1.2.3.4/33\n\u{2028}\n::ffff:10.0.0.1\n192.0.2.9".utf8)
    let path = try machine.file("\u{1B}[m", bytes)
    // Its name is no name of a list.
    let unnamed = machine.ablctl("import", "blocklist", path)
    #expect(unnamed.status == 1 && lists.isEmpty && unnamed.error.contains("can't be the name of"))
    for name in ["../a", "a/b", "a:b", String(repeating: "a", count: 60)] {
      #expect(machine.ablctl("import", "blocklist", path, "--as", name).status == 1)
    }
    #expect(lists.isEmpty)
    let ended = machine.ablctl("import", "blocklist", path, "--as", "..")
    #expect(ended.status == 1)
    #expect(lists.map { $0.prefixes.map(\.text) } == [["192.0.2.9"]])
    #expect(
      (ended.error + ended.output + unnamed.error).utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 })
    #expect(ended.error.contains(": '192.0.2.7/24': expected an address, or a network without"))
    #expect(ended.error.utf8.count < 4000)
  }

  @Test("has a bounded number of sources, of a million lines, and a bounded time")
  func million() throws {
    var text: [UInt8] = []
    let ends = (0..<256).map { Array("\($0)\n".utf8) }
    for index in 0..<4096 {
      let begin = Array("20.\(index >> 8).\(index & 255).".utf8)
      for end in ends { text += begin + end }
    }
    let path = try machine.file("big", text)
    let ended = machine.ablctl("import", "blocklist", path, "--for", "9999d")
    #expect(lists.map(\.prefixes.count) == [100_000])
    #expect(lists.map { $0.until - $0.made } == [366 * 86_400])
    #expect(
      complaints(ended) == [
        "ablctl: not carried over: \(path):100001: no more than 100000 are taken over of a list"
      ])
  }

  @Test("is one of sixteen") func many() throws {
    let path = try machine.file("a", "192.0.2.7\n")
    for number in 1...16 {
      #expect(machine.ablctl("import", "blocklist", path, "--as", "a\(number)").status == 0)
    }
    #expect(machine.ablctl("import", "blocklist", path, "--as", "b").status == 1)
    #expect(machine.ablctl("import", "blocklist", path, "--as", "a16").status == 0)
    #expect(lists.count == 16)
  }

  @Test("prints JSON as the schema says") func json() throws {
    let schema = try JSONSchema()
    let path = try machine.file("list", "192.0.2.7\n10.0.0.1\n")
    let ended = machine.ablctl("import", "blocklist", path, "--json")
    #expect(ended.lines.count == 2 && complaints(ended) == [])
    for line in ended.lines { #expect(schema.faults(of: line, "import") == []) }
  }
}
