import Policy
import Testing

@Suite("A name")
struct NameTests {
  @Test(
    "is shown so that it can't do harm",
    arguments: [
      ("root", "root"),
      ("Jürgen Жук 李 🐞", "Jürgen Жук 李 🐞"),
      ("a\\b", "a\\\\b"),
      ("a'b\"c", "a'b\"c"),
      ("a\nFailed users:\tb\r", "a\\x0aFailed users:\\x09b\\x0d"),
      ("\u{1B}[2J\u{7}\u{0}", "\\x1b[2J\\x07\\x00"),
      ("\u{7F}", "\\x7f"),
      ("\u{80}\u{9B}\u{9F}\u{A1}", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\u{A1}"),
      ("\u{A0}\u{AD}\u{3000}", "\\xc2\\xa0\\xc2\\xad\\xe3\\x80\\x80"),
      ("root\u{200B}", "root\\xe2\\x80\\x8b"),
      ("\u{FEFF}root\u{E0041}", "\\xef\\xbb\\xbfroot\\xf3\\xa0\\x81\\x81"),
      ("\u{200A}\u{200E}\u{200F}\u{2010}", "\u{200A}\\xe2\\x80\\x8e\\xe2\\x80\\x8f\u{2010}"),
      ("\u{202A}\u{202E}", "\\xe2\\x80\\xaa\\xe2\\x80\\xae"),
      ("\u{2066}\u{2069}", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"),
      ("\u{2028}\u{2029}", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"),
      ("\u{61C}", "\\xd8\\x9c"),
      ("\u{2027}\u{2030}\u{205E}\u{2070}", "\u{2027}\u{2030}\u{205E}\u{2070}"),
      ("\u{10FFFF}", "\u{10FFFF}"),
    ])
  func escaped(_ name: String, _ shown: String) {
    #expect(Name(name).escaped.description == shown)
  }

  @Test(
    "is shown byte by byte where it isn't UTF-8",
    arguments: [
      ([0x61, 0xFF, 0x62], "a\\xffb"),
      ([0x80], "\\x80"),
      ([0xC3], "\\xc3"),
      ([0xC3, 0x28], "\\xc3("),
      ([0xC0, 0xAF], "\\xc0\\xaf"),  // too long for '/'
      ([0xC1, 0x8A], "\\xc1\\x8a"),
      ([0xE0, 0x80, 0x8A], "\\xe0\\x80\\x8a"),
      ([0xF0, 0x80, 0x80, 0x8A], "\\xf0\\x80\\x80\\x8a"),
      ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),  // a surrogate
      ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),  // beyond Unicode
      ([0xF5, 0x80, 0x80, 0x80], "\\xf5\\x80\\x80\\x80"),
      ([0xE2, 0x80], "\\xe2\\x80"),
      ([0xE2, 0x80, 0x0A], "\\xe2\\x80\\x0a"),
      ([0xE2, 0xC3, 0xA9], "\\xe2é"),
    ] as [([UInt8], String)])
  func escapedBytes(_ name: [UInt8], _ shown: String) {
    #expect(Name(name).escaped.description == shown)
  }

  @Test("can't end the quotes around it")
  func quoted() {
    #expect(Name("x' from 6.6.6.6").escaped.quoted.description == "'x\\x27 from 6.6.6.6'")
    #expect(Name("a\\'\n").escaped.quoted.description == "'a\\\\\\x27\\x0a'")
  }
}
