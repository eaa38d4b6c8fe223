import Platform
import Testing

@Suite("A path")
struct PathTests {
  @Test("ends before the first NUL")
  func nul() {
    #expect(Path([0x61, 0, 0x62]).bytes == [0x61])
    #expect(Path([0]).bytes == [])
  }

  @Test("names a file in a directory")
  func appending() {
    #expect(("/a" as Path).appending("b") == "/a/b")
    #expect(("/a" as Path).isAbsolute)
    #expect(!("a/b" as Path).isAbsolute)
    #expect(!("" as Path).isAbsolute)
  }

  @Test("is shown as printable ASCII")
  func shown() {
    #expect(Path(Array("/a b~\n\u{1B}[2J\u{7F}é".utf8)).text == "/a b~??[2J???")
  }

  @Test("is passed to C as it is")
  func passedToC() {
    #expect(Path([0x2F, 0xFF]).withCString { UInt8(bitPattern: $0[1]) } == 0xFF)
    #expect(Path([0x2F, 0xFF]).withCString { $0[2] } == 0)
  }
}
