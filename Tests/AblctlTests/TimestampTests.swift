import Policy
import Testing

@testable import Administration

@Suite struct TimestampTests {
  @Test(
    "reads Unix seconds and RFC 3339",
    arguments: [
      ("0", 0), ("1700000000", 1_700_000_000), ("-1", -1), ("1.999", 1), ("-1.5", -2), ("-1.0", -1),
      ("9223372036854775807", Int64.max),
      ("1970-01-01T00:00:00Z", 0), ("2026-11-21T04:12:33Z", 1_795_234_353),
      ("2026-11-21 05:12:33.25+01:00", 1_795_234_353), ("2026-11-20t23:42:33-04:30", 1_795_234_353),
      ("2000-02-29T00:00:00z", 951_782_400), ("1969-12-31T23:59:60Z", 0),
      ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] as [(String, Int64)])
  func reads(text: String, seconds: Int64) {
    #expect(Timestamp(parsing: Array(text.utf8))?.seconds == seconds)
  }

  @Test(
    "refuses what is neither",
    arguments: [
      "", "-", "+1", "1.", ".5", "1e9", "9223372036854775808", " 1", "1 ", "0x10", "now",
      "2026-11-21", "2026-11-21T04:12:33", "2026-11-21T04:12Z", "2026-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-11-00T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T04:60:00Z",
      "2026-11-21T04:12:61Z",
      "2026-11-21T04:12:33.Z", "2026-11-21T04:12:33+1:00", "2026-11-21T04:12:33+0100",
      "2026-11-21T04:12:33Zx", "2026-11-21T04:12:33+24:00", "20261121T041233Z",
    ])
  func refuses(text: String) {
    #expect(Timestamp(parsing: Array(text.utf8)) == nil)
  }

  @Test("reads what CivilTime writes, for every month of 400 years") func both() {
    for days in stride(from: Int64(-200_000), to: 200_000, by: 13) {
      let time = Timestamp(seconds: days * 86_400 + days & 0xFFFF)
      #expect(Timestamp(parsing: Array(CivilTime(time).rfc3339.utf8)) == time)
    }
  }

  @Test(
    "is shown as C's asctime does",
    arguments: [
      (0, "Thu Jan  1 00:00:00 1970"), (951_782_399, "Mon Feb 28 23:59:59 2000"),
      (951_782_400, "Tue Feb 29 00:00:00 2000"), (1_795_234_353, "Sat Nov 21 04:12:33 2026"),
      (-1, "Wed Dec 31 23:59:59 1969"),
    ] as [(Int64, String)])
  func asctime(seconds: Int64, text: String) {
    #expect(CivilTime(Timestamp(seconds: seconds)).asctime == text)
  }
}
