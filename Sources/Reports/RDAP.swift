internal import News

/// Asks the registry of an address for its abuse contact (RFC 7482, RFC 9083).
struct RDAP {
  private let settings: CourierSettings
  private let fetcher: any Fetching

  init(_ settings: CourierSettings, _ fetcher: any Fetching) {
    (self.settings, self.fetcher) = (settings, fetcher)
  }

  func mailbox(for address: Address) throws(NewsError) -> String? {
    let base = if let set = settings.rdapBase { set } else { try registry(of: address) }
    let answer = try object(at: "\(base)ip/\(address.text)")
    return Self.mailbox(in: answer)
  }

  private func object(at url: String) throws(NewsError) -> JSON {
    guard let object = JSON(try fetcher.fetch(url)) else {
      throw NewsError("an answer that is no JSON")
    }
    return object
  }

  /// By IANA's table of the registries and their addresses (RFC 9224).
  private func registry(of address: Address) throws(NewsError) -> String {
    let table = try object(
      at: settings.rdapBootstrap + (address.isIPv6 ? "ipv6.json" : "ipv4.json"))
    guard let base = Self.base(for: address, in: table) else {
      throw NewsError("IANA's table has no registry for it")
    }
    return base
  }

  /// Of the longest network that holds the address; by HTTPS alone.
  static func base(for address: Address, in table: JSON) -> String? {
    var best: (length: Int, base: String)?
    for service in table["services"]?.elements ?? [] {
      let parts = service.elements
      guard parts.count == 2 else { continue }
      let bases = parts[1].elements.compactMap { $0.text }
      guard let base = bases.first(where: { $0.hasPrefix("https://") }) else { continue }
      for text in parts[0].elements.compactMap({ $0.text }) {
        guard let range = AddressRange(text), range.contains(address),
          range.length > best?.length ?? -1
        else { continue }
        best = (range.length, base.hasSuffix("/") ? base : base + "/")
      }
    }
    return best?.base
  }

  /// That of an entity with the role "abuse", wherever it stands.
  static func mailbox(in object: JSON) -> String? {
    var entities = object["entities"]?.elements ?? []
    var count = 0
    while !entities.isEmpty, count < 200 {
      let entity = entities.removeFirst()
      count += 1
      if (entity["roles"]?.elements ?? []).contains(.string("abuse")),
        let mailbox = Mailbox.first(of: mailboxes(of: entity))
      {
        return mailbox
      }
      entities += entity["entities"]?.elements ?? []
    }
    return nil
  }

  /// `["vcard", [["email", {}, "text", "abuse@example.net"], …]]`
  private static func mailboxes(of entity: JSON) -> [String] {
    let properties = entity["vcardArray"]?.elements.dropFirst().first?.elements ?? []
    return properties.compactMap { property in
      let parts = property.elements
      guard parts.count >= 4, parts[0] == .string("email") else { return nil }
      return parts[3].text
    }
  }
}
