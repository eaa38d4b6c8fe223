import Policy
import Testing

@testable import Administration

@Suite struct CivilTimeTests {
  @Test(
    "shows a moment as RFC 3339 does",
    arguments: [
      (0, "1970-01-01T00:00:00Z"),
      (-1, "1969-12-31T23:59:59Z"),
      (951_782_399, "2000-02-28T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"),
      (951_868_800, "2000-03-01T00:00:00Z"),
      (1_000_000_000, "2001-09-09T01:46:40Z"),
      (1_709_164_800, "2024-02-29T00:00:00Z"),
      (2_147_483_648, "2038-01-19T03:14:08Z"),
      (4_107_542_399, "2100-02-28T23:59:59Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"),
      (-2_208_988_800, "1900-01-01T00:00:00Z"),
      (253_402_300_799, "9999-12-31T23:59:59Z"),
      (253_402_300_800, "9999-12-31T23:59:59Z"),
      (Int64.max, "9999-12-31T23:59:59Z"),
      (-62_167_219_200, "0000-01-01T00:00:00Z"),
      (Int64.min, "0000-01-01T00:00:00Z"),
    ] as [(Int64, String)])
  func rfc3339(seconds: Int64, text: String) {
    #expect(CivilTime(Timestamp(seconds: seconds)).rfc3339 == text)
  }

  @Test("shows the time of a place that is ahead, or behind")
  func offset() {
    let moment = Timestamp(seconds: 1_000_000_000)
    #expect(CivilTime(moment, offset: 7200).text == "2001-09-09 03:46:40")
    #expect(CivilTime(moment, offset: -7200).text == "2001-09-08 23:46:40")
    #expect(CivilTime(Timestamp(seconds: .max), offset: 1).text == "9999-12-31 23:59:59")
  }
}
