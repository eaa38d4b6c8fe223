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
}
