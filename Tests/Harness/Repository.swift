import Foundation

/// Where the project's files are.
public enum Repository {
  /// The directory of Package.swift.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What is built lies here.
  public static let build = root.appendingPathComponent(".build")

  /// A file of the project, by its path from the root.
  public static func file(_ path: String) -> String { root.appendingPathComponent(path).path }

  /// What a file of the project says.
  public static func text(of path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
