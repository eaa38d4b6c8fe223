import Testing

@testable import Administration

@Suite struct DurationTests {
  @Test(
    "is told in the two largest units, rounded",
    arguments: [
      (-5, "0 s"), (0, "0 s"), (1, "1 s"), (59, "59 s"), (60, "1 min"), (89, "1 min"),
      (90, "2 min"),
      (3240, "54 min"), (3569, "59 min"), (3570, "1 h"), (3600, "1 h"), (3629, "1 h"),
      (3630, "1 h 1 min"), (5 * 3600 + 720, "5 h 12 min"), (86_400, "24 h"),
      (2 * 86_400 - 1, "48 h"), (2 * 86_400, "2 d"), (3 * 86_400 + 4 * 3600, "3 d 4 h"),
      (3 * 86_400 - 1, "3 d"), (Int64.max, "106751991167300 d 15 h"),
    ] as [(Int64, String)])
  func text(seconds: Int64, text: String) {
    #expect(Duration(seconds: seconds).text == text)
  }

  @Test("one is not many") func nouns() {
    #expect([0, 1, 2].map { counted($0, "host") } == ["0 hosts", "1 host", "2 hosts"])
  }
}
