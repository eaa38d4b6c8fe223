internal import BlockList
internal import Firewall
internal import Policy
internal import Upkeep

/// What is decreed by hand, and hardly meant so.
struct DecreeExamination {
  /// An address that a block had better not mean, and what it is.
  struct Vital {
    let address: HostAddress
    /// `this machine's own address`
    let role: String
  }

  private let book: DecreeBook
  private let configuration: Configuration
  private let now: Timestamp

  init(_ book: DecreeBook, _ configuration: Configuration, at now: Timestamp) {
    (self.book, self.configuration, self.now) = (book, configuration, now)
  }

  /// - Parameters:
  ///   - vital: of one address its first role is told.
  ///   - persons: users that had better not be blocked.
  func findings(_ vital: [Vital], _ persons: [Name]) -> [Finding] {
    wide + shutOut(vital) + shutOut(persons) + idle + [ending].compactMap { $0 }
  }

  // MARK: - Wide

  /// Allows of so many addresses that hardly one is counted.
  private var wide: [Finding] {
    book.all.compactMap { decree in
      guard decree.kind == .allow, case .network(let network) = decree.target,
        network.prefixLength < Self.longestWide(network.address),
        !Self.inner.contains(where: { $0.contains(network.address) })
      else { return nil }
      let what =
        network.prefixLength == 0
        ? "lets every address pass: no host of these is counted or refused"
        : "lets a large part of the Internet pass, and counts none of it"
      return finding(.decreeWide, decree, what, "\(Self.end(decree)); allow what is yours")
    }
  }

  /// From a /16 on an IPv4 network may be an organization's, from a /32 on one of IPv6.
  private static func longestWide(_ address: HostAddress) -> UInt8 {
    if case .v4 = address { 16 } else { 32 }
  }

  /// Those that are not the Internet's.
  private static let inner = [
    Network(.v4(10 << 24), prefixLength: 8), Network(.v4(127 << 24), prefixLength: 8),
    Network(.v4(0xAC10_0000), prefixLength: 12), Network(.v4(0x6440_0000), prefixLength: 10),
    Network(.v6(high: 0xFC00 << 48, low: 0), prefixLength: 7),
    Network(.v6(high: 0xFE80 << 48, low: 0), prefixLength: 10),
  ]

  // MARK: - Shut out

  /// Blocks that keep out what keeps the machine going, or the person that asks.
  private func shutOut(_ vital: [Vital]) -> [Finding] {
    var hit: [(decree: Decree, vital: [Vital])] = []
    for one in vital {
      guard let decree = block(of: .host(.address(one.address))) else { continue }
      if let place = hit.firstIndex(where: { $0.decree == decree }) {
        if hit[place].vital.contains(where: { $0.address == one.address }) { continue }
        hit[place].vital.append(one)
      } else {
        hit.append((decree, [one]))
      }
    }
    return hit.map { decree, vital in
      let name = String(vital[0].address.text)
      let more = vital.count > 1 ? ", and \(vital.count - 1) more such" : ""
      return finding(
        .decreeShutsOut, decree, "keeps out \(name), \(vital[0].role)" + more,
        "ablctl allow \(name) lets it pass; \(Self.end(decree))")
    }
  }

  private func shutOut(_ persons: [Name]) -> [Finding] {
    persons.compactMap { person in
      guard let decree = block(of: .user(person)) else { return nil }
      let what = "keeps out the user that asks"
      return finding(.decreeShutsOut, decree, what, Self.end(decree))
    }
  }

  /// The block that decides of `subject`.
  private func block(of subject: Subject) -> Decree? {
    guard !configuration.isAllowed(subject), let decree = book.decree(for: subject, at: now),
      decree.kind == .block
    else { return nil }
    return decree
  }

  // MARK: - Without effect

  /// Blocks that something else sets aside.
  private var idle: [Finding] {
    book.all.compactMap { decree in
      guard decree.kind == .block else { return nil }
      if let subject = decree.target.subject, configuration.isAllowed(subject) {
        let key = subject.isOrigin ? "host_whitelist" : "user_whitelist"
        return finding(
          .decreeIdle, decree, "does nothing: \(key) has it, which comes first",
          "take it out of \(key), or: \(Self.end(decree))")
      }
      guard book.decree(.allow, on: decree.target, at: now) != nil else { return nil }
      return finding(
        .decreeIdle, decree, "does nothing: an allow of the same holds before it",
        "ablctl disallow \(String(decree.target.text)) ends that")
    }
  }

  // MARK: - Ending

  private static let soon: Int64 = 86_400

  /// Allows that end within a day: what they let pass is counted and refused again then.
  private var ending: Finding? {
    let soon = book.all.filter { decree in
      guard decree.kind == .allow, let end = decree.until.end else { return false }
      return end.interval(since: now) <= Self.soon
    }.sorted { $0.until < $1.until }
    guard let first = soon.first else { return nil }
    let left = Duration(seconds: first.until.interval(since: now)).text
    let more = soon.count > 1 ? "; \(soon.count - 1) more within a day" : ""
    return Finding(
      .note, .decreeEnds,
      "the allow of \(first.target.shown), \(first.origin), ends in \(left)" + more,
      "ablctl allow \(String(first.target.text)) --for 30d prolongs it")
  }

  // MARK: - Words

  private func finding(
    _ kind: Finding.Kind, _ decree: Decree, _ what: String, _ advice: String
  ) -> Finding {
    let text = "the \(decree.kind.word) of \(decree.target.shown), \(decree.origin), \(what)"
    return Finding(.doubt, kind, text, advice)
  }

  private static func end(_ decree: Decree) -> String {
    let command = decree.kind == .allow ? "disallow" : "unblock"
    return "ablctl \(command) \(String(decree.target.text)) ends it"
  }
}

extension DecreeExamination.Vital {
  /// Those of the machine that this runs on, and where the person sits.
  static var here: [Self] {
    var all = Connection.seat.map { [Self(address: $0.address, role: "where you come from")] } ?? []
    guard let surroundings = try? Surroundings() else { return all }
    let own = (try? surroundings.ownAddresses()) ?? []
    let gateways = (try? surroundings.gateways()) ?? []
    all += gateways.map { Self(address: $0, role: "a gateway of this machine") }
    all += own.map { Self(address: $0, role: "this machine's own address") }
    return all
  }
}
