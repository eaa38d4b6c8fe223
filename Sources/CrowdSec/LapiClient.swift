public import News

/// Where CrowdSec's local API is, and what this machine shows it as proof of its name.
public struct LapiSettings: Equatable, Sendable {
  public var url: String
  /// A file with the key of a bouncer, which no other user may read.
  public var keyFile: String
  /// The authority that signed its certificate; nil: those that the system trusts.
  public var authority: String?
  public var program = "/usr/bin/curl"
  public var patience = 60

  public init(url: String, keyFile: String, authority: String? = nil) {
    (self.url, self.keyFile, self.authority) = (url, keyFile, authority)
  }
}

/// Asks the API as a bouncer does.
public struct LapiClient: Sendable {
  private let settings: LapiSettings

  /// The longest answer that is read, in bytes: of some sixty thousand decisions.
  public static let longest = 8 << 20

  public init(_ settings: LapiSettings) { self.settings = settings }

  /// What has changed since the last question.
  ///
  /// - Parameter isWhole: all that holds, in place of that.
  public func stream(isWhole: Bool) throws(NewsError) -> [UInt8] {
    // Read each time, so that a new key needs no start anew.
    let key = try KeyFile.key(in: settings.keyFile)
    var curl = Curl(seconds: settings.patience, longest: Self.longest)
    curl.program = settings.program
    let authority = settings.authority.map { ["--cacert", $0] } ?? []
    let answer = try curl.ask(
      authority + ["--config", "-", "--url", Self.place(settings.url, isWhole: isWhole)],
      isPlain: !settings.url.hasPrefix("https:"),
      input: Array("header = \"X-Api-Key: \(key)\"\n".utf8))
    switch answer.status {
    case 200: return answer.body
    case 401, 403: throw NewsError("it doesn't take the key (HTTP status \(answer.status))")
    default: throw NewsError("HTTP status \(answer.status)")
    }
  }

  private static func place(_ url: String, isWhole: Bool) -> String {
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    return base + "/v1/decisions/stream?startup=\(isWhole)&scopes=ip,range"
  }
}
