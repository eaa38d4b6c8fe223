import Glibc
import Platform
import Testing

@testable import Administration
@testable import PamAbl

@Suite struct DumpReaderTests {
  private let machine = Machine()

  /// What a dump says, entry by entry: "line: key = value" or "line: what is wrong".
  private func read(_ text: String, isSalvaged: Bool = false) throws -> [String] {
    let file = machine.directory + "/dump"
    Machine.write(text, to: file)
    var reader = DumpReader(
      try LineReader(Path(file.utf8), longest: 1000), isSalvaged: isSalvaged)
    var entries: [String] = []
    while let entry = try reader.next() {
      switch entry {
      case .damage(let message, let line): entries.append("\(line): \(message)")
      case .record(let key, let value, let line):
        entries.append("\(line): \(ArgumentBytes.shown(key)) = \(ArgumentBytes.shown(value))")
      }
    }
    return entries
  }

  private func berkeley(_ data: String, format: String = "print", database: String = "state")
    -> String
  {
    "VERSION=3\nformat=\(format)\ndatabase=\(database)\ntype=btree\ndb_pagesize=4096\nHEADER=END\n"
      + data
  }

  @Test("reads what db5.3_dump prints, with and without -p") func berkeley() throws {
    let printed = berkeley(" a\\\\b\\00\\ff\n \n x y\n z\nDATA=END\n")
    #expect(try read(printed) == [#"8: a\\b\x00\xff = "#, "10: x y = z"])
    let bytes = berkeley(" 615c00\n \n 78\n 7A\nDATA=END\n", format: "bytevalue")
    #expect(try read(bytes) == [#"8: a\\\x00 = "#, "10: x = z"])
    let two = berkeley(" a\n b\nDATA=END\n", database: "db") + berkeley(" c\n d\nDATA=END\n")
    #expect(try read(two) == ["8: a = b", "17: c = d"])
  }

  @Test("reads what kchashmgr prints") func kyoto() throws {
    #expect(try read("61 20\t62 00\n63\t64\n") == [#"1: a  = b\x00"#, "2: c = d"])
    #expect(try read("") == [])
    let wrong = "expected a key, a tab and a value, in hexadecimal"
    #expect(
      try read("61\n6g\t61\n61\t6\n61\t61\t61\n61\t61\n") == (1...4).map { "\($0): \(wrong)" } + [
        "5: a = a"
      ])
  }

  @Test(
    "tells what is wrong with its line, and goes on",
    arguments: [
      (" a\\0\n b\n c\n d\nDATA=END\n", ["7: the key is malformed", "10: c = d"]),
      (" a\n \\zz\n c\n d\nDATA=END\n", ["8: the value is malformed", "10: c = d"]),
      (" a\n b\\", ["8: the value is malformed", "8: the dump ends in the middle"]),
      ("a\nb\nDATA=END\n", ["7: the key is malformed"]),
      (" a\nDATA=END\n", ["7: a key has no value"]),
      (" a\n b\n", ["8: a = b", "8: the dump ends in the middle"]),
      (" a\n", ["7: the dump ends in the middle"]),
      ("", ["6: the dump ends in the middle"]),
      (
        " " + String(repeating: "a", count: 2000) + "\n b\n",
        ["7: the line is longer than 64 MiB", "8: the dump ends in the middle"]
      ),
    ] as [(String, [String])])
  func damage(data: String, entries: [String]) throws {
    #expect(try read(berkeley(data)) == entries)
  }

  @Test("leaves out databases that aren't pam_abl's, unless all is to be saved") func others()
    throws
  {
    let foreign = berkeley(" a\n b\nDATA=END\n", database: "shadow")
    #expect(try read(foreign) == ["3: 'database=shadow': not a database of pam_abl, ignoring"])
    let other = berkeley(" a\n b\nDATA=END\n", database: "__OTHER__")
    #expect(try read(" state\n \\00\n" + other, isSalvaged: true) == ["10: a = b"])
    #expect(try read(other) == ["3: 'database=__OTHER__': not a database of pam_abl, ignoring"])
  }

  @Test("gets over any bytes") func anyBytes() throws {
    var generator = Splitmix(state: 8)
    let seed = Array(berkeley(" a\\\\b\\00\n b\n c\n d\nDATA=END\n").utf8)
    for _ in 0..<500 {
      var text = seed
      for _ in 0..<4 {
        text[Int.random(in: text.indices, using: &generator)] = UInt8.random(
          in: 1...127, using: &generator)
      }
      _ = try read(String(decoding: text, as: UTF8.self))
    }
  }
}
