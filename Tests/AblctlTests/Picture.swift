import Foundation
import Harness
import Testing

/// What is kept in Tests/Support/golden of something that is shown.
enum Picture {
  /// Compares `seen` with the picture of that name, or makes that anew.
  static func compare(_ name: String, with seen: String) throws {
    let file = URL(fileURLWithPath: Repository.file("Tests/Support/golden/\(name)"))
    if ProcessInfo.processInfo.environment["ABL_GOLDEN"] == "write" {
      try seen.write(to: file, atomically: true, encoding: .utf8)
    }
    let kept = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    #expect(kept == seen, "\(name)\(difference(kept, seen))")
  }

  /// The first line that isn't the same.
  private static func difference(_ kept: String, _ seen: String) -> String {
    let (old, new) = (kept.split(separator: "\n"), seen.split(separator: "\n"))
    let index = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let place = index ?? min(old.count, new.count)
    func line(_ lines: [Substring]) -> String {
      place < lines.count ? "'\(lines[place])'" : "nothing"
    }
    return ": line \(place + 1) is \(line(new)), and not \(line(old))"
  }

  /// `line` without what differs each time: moments, how long, numbers, and the directory.
  static func stable(_ line: String, _ directory: String) -> String {
    var line = line.replacing(directory, with: "/tmp/ablctl-test-XXXXXX")
    for (pattern, mark) in changing {
      line = line.replacingOccurrences(of: pattern, with: mark, options: .regularExpression)
    }
    return line
  }

  private static let changing = [
    (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"#, "YYYY-MM-DD hh:mm:ss"),
    // In two lines.
    (#"\d{4}-\d\d-\d\d$"#, "YYYY-MM-DD"), (#"^( +)\d\d:\d\d:\d\d"#, "$1hh:mm:ss"),
    (#"\d\d-\d\d \d\d:\d\d:\d\d"#, "MM-DD hh:mm:ss"), (#"\d\d-\d\d \d\d:\d\d"#, "MM-DD hh:mm"),
    (#"(59 min|1 h)\b"#, "1 h"), (#"(23 h 59 min|24 h)"#, "24 h"),
    (#"\b1[6-9]\d{8}\b"#, "TIME"), (#""id":"[0-9a-f]{16}""#, #""id":"ID""#),
    (#"(at most|after) \d+ ms"#, "$1 N ms"),
    (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#, "YYYY-MM-DDThh:mm:ssZ"),
  ]
}
