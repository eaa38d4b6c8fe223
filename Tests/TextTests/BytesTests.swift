import Testing
import Text

@Suite("Bytes")
struct BytesTests {
  @Test("a byte is found where it stands first, wherever the eight bytes are that are read at once")
  func findByte() {
    for count in 0...40 {
      // 0x80 and 0x00 beside it: those that a search of whole words could take for another.
      let bytes = (0..<count).map { UInt8([0x80, 0x00, 0x0B, 0x09][$0 % 4]) }
      for start in 0...count {
        #expect(bytes.firstIndex(of: 0x0A, from: start) == nil)
        for place in 0..<count {
          var other = bytes
          other[place] = 0x0A
          let found = other.firstIndex(of: 0x0A, from: start)
          #expect(found == (place < start ? nil : place))
        }
      }
    }
  }

  @Test("bytes are the same only if each is") func same() {
    for count in 0...40 {
      let bytes = (0..<count).map { UInt8($0) }
      #expect(bytes.isSame(as: bytes) && !bytes.isSame(as: bytes + [0]))
      for place in 0..<count {
        var other = bytes
        other[place] ^= 0x80
        #expect(!bytes.isSame(as: other))
      }
    }
  }

  @Test(
    "two hexadecimal digits are a byte, with or without blanks between them",
    arguments: [
      ("", []), ("00fF7a", [0, 0xFF, 0x7A]), (" 00 ff 7a ", [0, 0xFF, 0x7A]), ("  ", []),
      ("0", nil), ("000", nil), ("0 0", nil), ("0g", nil), ("00\t00", nil),
    ] as [(String, [UInt8]?)])
  func hexadecimal(text: String, bytes: [UInt8]?) {
    #expect([UInt8](hexadecimal: text.utf8) == bytes)
  }
}
