import Testing
import Text

@Suite("A text")
struct TextTests {
  @Test("is made of literals, texts and numbers")
  func interpolation() {
    let name: Text = "жук"
    let (signed, unsigned): (Int32, UInt32) = (-7, .max)
    let text: Text = "\(name) has \(3) of \(signed), \(unsigned), \(UInt64.max) and \(Int64.min)."
    #expect(
      text.description
        == "жук has 3 of -7, 4294967295, 18446744073709551615 and -9223372036854775808.")
    #expect("\(name)" as Text == name)
    #expect(("" as Text).isEmpty)
  }

  @Test(
    "writes a number in full",
    arguments: [
      Written(Text(0), "0"),
      Written(Text(9), "9"),
      Written(Text(10), "10"),
      Written(Text(-1), "-1"),
      Written(Text(Int8.min), "-128"),
      Written(Text(UInt8.max), "255"),
      Written(Text(Int64.max), "9223372036854775807"),
      Written(Text(Int64.min), "-9223372036854775808"),
      Written(Text(UInt64.max), "18446744073709551615"),
      Written(Text(0, radix: 2), "0"),
      Written(Text(10, radix: 2), "1010"),
      Written(Text(0o4755, radix: 8), "4755"),
      Written(Text(.max, radix: 8), "1777777777777777777777"),
      Written(Text(.max, radix: 10), "18446744073709551615"),
    ])
  func number(_ number: Written) {
    #expect(number.text.description == number.expected)
  }

  @Test("takes from C what stands before the NUL, and gives it back with one")
  func cString() {
    let text = "a\u{FF}b".withCString { Text(cString: $0) }
    #expect(text.bytes == Array("a\u{FF}b".utf8))
    #expect("".withCString { Text(cString: $0) }.isEmpty)
    #expect(text.withCString { String(cString: $0) } == "a\u{FF}b")
    #expect(Text().withCString { $0[0] } == 0)
    #expect(Text([0x61, 0, 0x62]).withCString { String(cString: $0) } == "a")
  }

  @Test("passes on what is thrown while C has it")
  func thrownError() {
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      try Text([0x61]).withCString { (_) throws(Refusal) in throw Refusal() }
    }
  }

  @Test("joins, and compares by its bytes")
  func joined() {
    var text: Text = "a"
    text += "b"
    #expect(text == "ab")
    #expect(text + "c" == Text([0x61, 0x62, 0x63]))
    #expect(Text([0x61, 0x62, 0x63][1...]) == "bc")
    // One glyph, two spellings.
    #expect("\u{E9}" as Text != "e\u{301}" as Text)
  }

  @Test("shows what is no UTF-8 as a replacement")
  func brokenText() {
    #expect(Text([0x61, 0xFF]).description == "a\u{FFFD}")
  }
}

/// A number, and how it is written.
struct Written: CustomTestStringConvertible {
  var text: Text
  var expected: String

  init(_ text: Text, _ expected: String) { (self.text, self.expected) = (text, expected) }

  var testDescription: String { expected }
}
