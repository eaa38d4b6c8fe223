internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// The hosts.deny that DenyHosts writes: a comment with the time, then a rule or a bare address.
struct DenyHostsFile {
  private let path: Path
  private let now: Timestamp
  private let by = Name(bounded: Array(Audit.person.utf8))
  /// Nil: for ever.
  private let purge: Int64?

  init(_ path: Path, purge: Int64?, at now: Timestamp) {
    (self.path, self.purge, self.now) = (path, purge, now)
  }

  /// Takes over the hosts that DenyHosts keeps out; of the other rules those that `hosts.allow` could have.
  func read(into handover: inout Handover) throws {
    var file = try HostsAccess(path)
    var stamp: (time: Timestamp, line: Int)?
    while let entry = try file.next() {
      switch entry {
      case .comment(let text, let line):
        if let time = Self.stamp(text) { stamp = (time, line) }
      case .rule(let rule):
        take(rule, stamp?.line == rule.line - 1 ? stamp?.time : nil, &handover)
      case .damage(let text, let why, let line):
        // With BLOCK_SERVICE left empty a line is an address alone.
        let place = FilePlace(file: path.shown, line: line)
        guard let network = Network(typed: text.trimmed) else {
          handover.complain(place, text, why)
          continue
        }
        add(network, stamp?.line == line - 1 ? stamp?.time : nil, place, &handover)
      }
    }
  }

  /// ` DenyHosts: Thu Nov 26 03:12:44 2026 | sshd: 192.0.2.7`
  private static func stamp(_ text: ArraySlice<UInt8>) -> Timestamp? {
    let text = text.trimmed
    let head = Array("DenyHosts:".utf8)
    guard text.starts(with: head) else { return nil }
    return Timestamp(
      asctime: Array(text.dropFirst(head.count).prefix { $0 != UInt8(ascii: "|") }.trimmed))
  }

  private func take(_ rule: HostsAccess.Rule, _ time: Timestamp?, _ handover: inout Handover) {
    let place = FilePlace(file: path.shown, line: rule.line)
    let whole = [rule.daemons, rule.clients].map { Array($0.joined(separator: [0x20])) }
    guard rule.isFor("sshd"), !rule.clients.contains(where: { $0.isWord("EXCEPT") }) else {
      return handover.leave(
        place, whole.joined(separator: Array(": ".utf8)),
        "it isn't for sshd alone, or has an exception")
    }
    for word in rule.clients {
      switch HostsAccess.Rule.client(word) {
      case .network(let network): add(network, time, place, &handover)
      case .other(let why): handover.leave(place, word, why)
      }
    }
  }

  private func add(
    _ network: Network, _ time: Timestamp?, _ place: FilePlace, _ handover: inout Handover
  ) {
    // Without a time it is not DenyHosts' own, and has no end there, either.
    let until = time.flatMap { time in purge.map { time.adding($0) } } ?? .never
    handover.add(
      DecreeOrder(
        .block, .network(network), until: until, by: by, reason: "denyhosts", at: time ?? now),
      from: place)
  }
}
