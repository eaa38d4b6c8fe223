import Foundation

/// A directory of its own, gone when this is.
public final class TemporaryDirectory: Sendable {
  public let url: URL

  /// - Parameter parent: nil is where the system has its temporary files.
  public init(in parent: URL? = nil) throws {
    let parent = parent ?? FileManager.default.temporaryDirectory
    // Short: pictures of what ablctl prints have it in their lines.
    var template = Array(parent.appendingPathComponent("abl-in-test-XXXXXX").path.utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SystemFailure(what: "cannot make a directory in \(parent.path)", code: errno)
    }
    let path = template.dropLast().map { UInt8(bitPattern: $0) }
    url = URL(fileURLWithPath: String(decoding: path, as: UTF8.self))
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A file in it, which need not exist.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
