public import News

/// Gets what is at an address of the web.
public protocol Fetching: Sendable {
  /// At most `Fetcher.longest` bytes.
  func fetch(_ url: String) throws(NewsError) -> [UInt8]
  func send(_ form: WebForm) throws(NewsError) -> Curl.Answer
}

/// Gets it with the program curl, without a shell. TLS and HTTP of strangers are read in a process of
/// their own, which ends with the answer.
///
/// curl follows no redirection: where one leads is looked at here first, for what a registry says must
/// not make this machine talk to its own network.
public struct Fetcher: Fetching {
  private let client: Curl

  /// In bytes.
  public static let longest = 64 << 10
  private static let mostRedirections = 3

  public init(program: String = "/usr/bin/curl", seconds: Int = 10) {
    var curl = Curl(seconds: seconds, longest: Self.longest)
    curl.program = program
    client = curl
  }

  /// What an address of the web has.
  public func fetch(_ url: String) throws(NewsError) -> [UInt8] {
    var target = try Target(url)
    var address: Address?
    for _ in 0...Self.mostRedirections {
      let answer = try ask(target, at: address)
      if answer.status == 200 { return answer.body }
      guard 300..<400 ~= answer.status, let place = answer.redirection else {
        throw NewsError("HTTP status \(answer.status)")
      }
      let next = try Target(place)
      // Only the first is the administrator's own choice.
      guard target.isPlain || !next.isPlain else {
        throw NewsError("it leads from HTTPS to HTTP: '\(place.shown)'")
      }
      address = try Self.publicAddress(of: next)
      target = next
    }
    throw NewsError("it leads on and on")
  }

  static func publicAddress(of target: Target) throws(NewsError) -> Address {
    let all = Address.resolve(target.server.host)
    guard let first = all.first else {
      throw NewsError("cannot find '\(target.server.host.shown)'")
    }
    guard all.allSatisfy({ $0.isPublic }) else {
      throw NewsError("it leads to '\(target.server.host.shown)', which is not in the Internet")
    }
    return first
  }

  // MARK: curl

  /// - Parameter address: what the name was found to be; else curl asks the system.
  private func ask(_ target: Target, at address: Address?) throws(NewsError) -> Curl.Answer {
    var words = ["--header", "Accept: application/rdap+json, application/json"]
    if let address {
      let shown = address.isIPv6 ? "[\(address.text)]" : address.text
      words += ["--resolve", "\(target.server.host):\(target.server.port):\(shown)"]
    }
    return try curl(words + ["--url", target.url], for: target)
  }

  /// - Parameter target: HTTP in the clear is spoken to no other.
  func curl(
    _ words: [String], for target: Target, input: [UInt8] = []
  ) throws(NewsError) -> Curl.Answer {
    try client.ask(words, isPlain: target.isPlain, input: input)
  }

  /// What a URL names.
  struct Target {
    let url: String
    let server: Server
    /// Whether it goes by HTTP, in the clear.
    let isPlain: Bool

    /// Only letters that a URL has, no user and no password.
    init(_ url: String) throws(NewsError) {
      isPlain = url.hasPrefix("http://")
      guard isPlain || url.hasPrefix("https://"), url.utf8.count <= 1000,
        url.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") })
      else { throw NewsError("no address of the web: '\(url.shown)'") }
      let rest = url.dropFirst(isPlain ? 7 : 8)
      let authority = String(rest.prefix { !"/?#".contains($0) })
      guard let server = Server(authority, port: isPlain ? 80 : 443) else {
        throw NewsError("no address of the web: '\(url.shown)'")
      }
      (self.url, self.server) = (url, server)
    }
  }
}
