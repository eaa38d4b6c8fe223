import Foundation

/// Where the project's files are.
public enum Repository {
  /// The directory of Package.swift.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What is built lies here.
  public static let build = root.appendingPathComponent(".build")

  /// A program that was built with these tests: it stands beside them.
  public static func program(_ name: String) -> String {
    programs.appendingPathComponent(name).path
  }

  private static let programs = {
    // `swift test` may have the tests in a helper of its own.
    let own = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var directory = own.deletingLastPathComponent()
    while directory.path != "/" {
      if access(directory.appendingPathComponent("ablctl").path, X_OK) == 0 { return directory }
      directory.deleteLastPathComponent()
    }
    return build.appendingPathComponent("debug")
  }()

  /// A file of the project, by its path from the root.
  public static func file(_ path: String) -> String { root.appendingPathComponent(path).path }

  /// What a file of the project says.
  public static func text(of path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
