internal import CNews

/// What could not be done, and why: lower case, no full stop.
public struct NewsError: Error, Equatable, Sendable {
  public let message: String

  public init(_ message: String) { self.message = message }

  /// A call of the system has failed just now.
  public static func ofSystem(_ action: String) -> NewsError {
    let reason = unsafe strerror(cnews_errno()).map { unsafe String(cString: $0) }
    return NewsError("cannot \(action): \(reason ?? "unknown error")")
  }

  /// What the last call of the system failed of.
  public static var reason: String {
    unsafe strerror(cnews_errno()).map { unsafe String(cString: $0) } ?? "unknown error"
  }
}

extension StringProtocol {
  /// For a message, a mail or an environment: ASCII, on one line; any other byte stands as '?', and
  /// what is longer than 1000 bytes is cut.
  public var shown: String {
    String(decoding: utf8.prefix(1000).map { 0x20...0x7E ~= $0 ? $0 : 0x3F }, as: UTF8.self)
  }
}
