import Testing

@testable import Administration

@Suite struct ArgumentBytesTests {
  @Test(
    "carries any bytes through a string, and leaves what is UTF-8 as it is",
    arguments: [
      Array("root".utf8), Array("Jürgen 🙂".utf8), [0xFF], [0xC3], Array("é".utf8) + [0x80, 0x41],
      Array("\u{10FFFF}".utf8), Array("\u{10FF80}\u{10FF7F}".utf8), [], [0xED, 0xA0, 0x80],
    ] as [[UInt8]])
  func carries(bytes: [UInt8]) {
    let text = ArgumentBytes.string(carrying: bytes)
    #expect(ArgumentBytes.bytes(in: text) == bytes)
  }

  @Test("tells bytes apart that a repaired string would not") func distinct() {
    #expect(ArgumentBytes.string(carrying: [0xFF]) != ArgumentBytes.string(carrying: [0xFE]))
    #expect(ArgumentBytes.string(carrying: Array("é".utf8)) == "é")
  }
}
