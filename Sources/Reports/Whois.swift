internal import News

/// Asks a server of whois (RFC 3912), and one that it refers to.
struct Whois {
  private let settings: CourierSettings
  private static let patience: Int32 = 8000
  static let longest = 64 << 10

  init(_ settings: CourierSettings) { self.settings = settings }

  func mailbox(for address: Address) throws(NewsError) -> String? {
    guard let server = settings.whoisServer else { return nil }
    guard let place = Address.resolve(server.host).first else {
      throw NewsError("cannot find '\(server.host.shown)'")
    }
    let answer = try ask(place, server.port, address)
    if let mailbox = Self.mailbox(in: answer) { return mailbox }
    guard let next = Self.referral(in: answer), next != server else { return nil }
    let all = Address.resolve(next.host)
    guard let first = all.first, all.allSatisfy({ $0.isPublic }) else {
      throw NewsError("it refers to '\(next.host.shown)', which is not in the Internet")
    }
    return Self.mailbox(in: try ask(first, next.port, address))
  }

  private func ask(
    _ server: Address, _ port: UInt16, _ address: Address
  ) throws(NewsError) -> [Substring] {
    let wire = try Wire(to: server, port: port, within: Self.patience)
    try wire.send(Array("\(address.text)\r\n".utf8))
    let text = String(decoding: try wire.receiveAll(atMost: Self.longest), as: UTF8.self)
    return text.split { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
  }

  /// As the registries write it: `OrgAbuseEmail:`, `abuse-mailbox:`, `% Abuse contact for '…' is '…'`.
  static func mailbox(in lines: [Substring]) -> String? {
    let keys = ["orgabuseemail", "abuse-mailbox", "abuse-c-email", "abuse-email"]
    let remarks = lines.filter { $0.hasPrefix("% Abuse contact for ") }
      .compactMap { $0.split(separator: "'").last.map(String.init) }
    let fields = lines.compactMap { field(of: $0) }
    let values = keys.flatMap { key in fields.filter { $0.key == key }.map { $0.value } }
    return Mailbox.first(of: remarks + values)
  }

  static func referral(in lines: [Substring]) -> Server? {
    let fields = lines.compactMap { field(of: $0) }
    for key in ["refer", "referralserver", "whois"] {
      guard let value = fields.first(where: { $0.key == key })?.value else { continue }
      let name = value.hasPrefix("whois://") ? String(value.dropFirst(8)) : value
      if let server = Server(name, port: 43) { return server }
    }
    return nil
  }

  private static func field(of line: Substring) -> (key: String, value: String)? {
    guard let colon = line.firstIndex(of: ":"), line.utf8.count <= 1000 else { return nil }
    let value = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
    return (line[..<colon].lowercased(), value.joined(separator: " "))
  }
}
