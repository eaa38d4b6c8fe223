import Foundation

/// What `ablctl --json` prints: an object a line.
public enum JSONLines {
  /// The objects of `text`, with times as RFC 3339 has them.
  ///
  /// - Throws: if a line is no such object.
  public static func decode<Line: Decodable>(_: Line.Type, from text: String) throws -> [Line] {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try text.split(separator: "\n").map { line in
      try decoder.decode(Line.self, from: Data(line.utf8))
    }
  }
}

/// A line of `ablctl list --json`.
public struct ListedSubject: Decodable, Sendable {
  public let kind: String
  public let name: String
  public let blocked: Bool
  public let rule: String?
  public let until: Date?
  public let failures: Int
  public let first: Date?
  public let last: Date?
}

/// A line of `ablctl show --json`.
public struct ShownAttempt: Decodable, Sendable {
  public let time: Date
  public let service: String
  public let user: String?
  public let host: String?
  public let state: String
  public let reason: String?
}
