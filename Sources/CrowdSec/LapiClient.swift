internal import Glibc
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

/// Asks the API as a bouncer does, with the program curl: TLS, HTTP and what the other side says
/// are read in a process of their own, which ends with the answer.
public struct LapiClient: Sendable {
  private let settings: LapiSettings

  /// The longest answer that is read, in bytes: of some sixty thousand decisions.
  public static let longest = 8 << 20

  public init(_ settings: LapiSettings) { self.settings = settings }

  /// What has changed since the last question.
  ///
  /// - Parameter isWhole: all that holds, in place of that.
  public func stream(isWhole: Bool) throws(NewsError) -> [UInt8] {
    let key = try key()
    var words = [
      settings.program, "--disable", "--silent", "--globoff", "--noproxy", "*", "--proto",
      settings.url.hasPrefix("https:") ? "=https" : "=http", "--max-redirs", "0", "--max-time",
      String(settings.patience), "--max-filesize", String(Self.longest), "--user-agent",
      "abl-courier/1", "--write-out", "\\n%{http_code}",
    ]
    if let authority = settings.authority { words += ["--cacert", authority] }
    // The key isn't on the command line, where others would see it.
    words += ["--config", "-", "--url", Self.place(settings.url, isWhole: isWhole)]
    let process = try BoundedProcess(
      words, environment: [("PATH", "/usr/bin:/bin"), ("HOME", "/")],
      input: Array("header = \"X-Api-Key: \(key)\"\n".utf8), seconds: settings.patience + 2,
      keeping: Self.longest + 64, printing: Self.longest + 64)
    let ending = process.wait()
    guard ending == .exited(0) else { throw NewsError(Self.reason(ending)) }
    return try Self.body(of: process.output)
  }

  private static func place(_ url: String, isWhole: Bool) -> String {
    let base = url.hasSuffix("/") ? String(url.dropLast()) : url
    return base + "/v1/decisions/stream?startup=\(isWhole)&scopes=ip,range"
  }

  private static func body(of output: [UInt8]) throws(NewsError) -> [UInt8] {
    guard let end = output.lastIndex(of: 10),
      let status = Int(String(decoding: output[(end + 1)...], as: UTF8.self))
    else { throw NewsError("no answer") }
    switch status {
    case 200: return Array(output[..<end])
    case 401, 403: throw NewsError("it doesn't take the key (HTTP status \(status))")
    default: throw NewsError("HTTP status \(status)")
    }
  }

  private static func reason(_ ending: BoundedProcess.Ending) -> String {
    if ending == .exited(77) { return "the file with its authority can't be read" }
    return ending.reasonOfCurl(longest: longest)
  }

  /// Read each time, so that a new key needs no start anew.
  private func key() throws(NewsError) -> String {
    let path = settings.keyFile
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw NewsError.ofSystem("open '\(path.shown)'") }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else {
      throw NewsError.ofSystem("look at '\(path.shown)'")
    }
    guard status.st_mode & 0o007 == 0 else {
      throw NewsError("others may read '\(path.shown)': chown root:abl and chmod 0640 it")
    }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = unsafe read(file, &buffer, buffer.count)
    guard count >= 0 else { throw NewsError.ofSystem("read '\(path.shown)'") }
    let key = buffer.prefix(count).prefix { $0 != 10 && $0 != 13 }
    let isSound = key.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x22 && $0 != 0x5C }
    guard 1...512 ~= key.count, isSound else {
      throw NewsError("'\(path.shown)' has no key of a bouncer in its first line")
    }
    return String(decoding: key, as: UTF8.self)
  }
}
