import Policy
import Testing

@testable import Administration

@Suite struct SpellingTests {
  @Test("each name has a spelling of its own, which gives it back")
  func names() {
    var generator = Splitmix(state: 3)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? UInt8(ascii: "\\") : UInt8.random(in: 0...255, using: &generator)
      }
      #expect(Spelling.name(Array(Name(bytes).shown.utf8)[...]) == Name(bytes))
      let host = Host.name(Name(bytes))
      #expect(Spelling.host(Array(Spelling.text(of: host).utf8)[...]) == host)
    }
  }

  @Test(
    "what is spelled otherwise is read as an application would name it",
    arguments: [
      ("Example.ORG", "example.org"), ("2001:DB8:0::1", "2001:db8::1"), ("010.0.0.1", "10.0.0.1"),
      ("::ffff:10.0.0.1", "10.0.0.1"),
    ])
  func hosts(text: String, name: String) {
    #expect(Spelling.host(Array(text.utf8)[...])?.shown == name)
  }

  @Test("a backslash that begins nothing is refused", arguments: [#"\"#, #"\x"#, #"\x4"#, #"a\n"#])
  func bad(text: String) { #expect(Spelling.bytes(Array(text.utf8)[...]) == nil) }
}
