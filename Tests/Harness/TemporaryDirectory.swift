import Foundation

/// A directory of its own, gone when this is.
public final class TemporaryDirectory: Sendable {
  public let url: URL

  /// - Parameter parent: nil is where the system has its temporary files.
  public init(in parent: URL? = nil) throws {
    let parent = parent ?? FileManager.default.temporaryDirectory
    url = parent.appendingPathComponent("abl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A file in it, which need not exist.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
