internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct ImportHostsAllow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts.allow",
    abstract: "Make decrees of what /etc/hosts.allow lets pass.",
    discussion: """
      Of rules for sshd and for ALL, each address and each network becomes an allow, as 'ablctl allow' \
      makes it: what it lets pass is neither counted nor refused, in every service. What libwrap alone \
      can tell (names, identd's users, EXCEPT, a command) is told with its line, and not carried over. A \
      rule with the option 'deny' becomes a block. The file is left as it is. This may be run again.

      With --json, each line is an object; its type is "decree", "left" or "summary".
      """)

  @OptionGroup var options: HandoverOptions

  @Argument(help: ArgumentHelp("The file.", valueName: "file"))
  var file: Path = "/etc/hosts.allow"

  func run() throws {
    let blockList = try options.blockList()
    var handover = Handover("hosts.allow")
    let source = AccessSource(file, "hosts.allow", at: .now)
    try source.read(.allow, into: &handover)
    try options.carryOut(handover, blockList)
  }
}

/// Makes decrees of a file of hosts_access(5).
struct AccessSource {
  private let path: Path
  private let reason: Name
  private let by = Name(bounded: Array(Audit.person.utf8))
  private let now: Timestamp

  /// - Parameter reason: stands with each decree.
  init(_ path: Path, _ reason: StaticString, at now: Timestamp) {
    (self.path, self.reason, self.now) = (path, Name(Array("\(reason)".utf8)), now)
  }

  /// - Parameter kind: what a rule is that doesn't say otherwise.
  func read(_ kind: Decree.Kind, into handover: inout Handover) throws {
    var file = try HostsAccess(path)
    while let entry = try file.next() {
      switch entry {
      case .comment: break
      case .damage(let text, let why, let line): handover.complain(place(line), text, why)
      case .rule(let rule): take(rule, kind, into: &handover)
      }
    }
  }

  private func place(_ line: Int) -> FilePlace { FilePlace(file: path.shown, line: line) }

  private func take(_ rule: HostsAccess.Rule, _ usual: Decree.Kind, into handover: inout Handover) {
    let place = place(rule.line)
    guard rule.isFor("sshd") else {
      return handover.leave(
        place, rule.daemons.joinedByBlanks,
        "it isn't for sshd, and a decree holds in every service")
    }
    if let except = rule.clients.firstIndex(where: { $0.isWord("EXCEPT") }) {
      return handover.leave(
        place, rule.clients[except...].joinedByBlanks,
        "a decree has no exception; none of the rule is taken over")
    }
    guard let kind = kind(of: rule, usual, place, &handover) else { return }
    for word in rule.clients {
      switch HostsAccess.Rule.client(word) {
      case .other(let why): handover.leave(place, word, why)
      case .network(let network):
        handover.add(
          DecreeOrder(kind, .network(network), by: by, reason: reason, at: now), from: place)
      }
    }
  }

  /// What the rule is by its options; nil if that is more than abl can say.
  private func kind(
    of rule: HostsAccess.Rule, _ usual: Decree.Kind, _ place: FilePlace,
    _ handover: inout Handover
  ) -> Decree.Kind? {
    var kind = usual
    for option in rule.options where !option.isEmpty {
      let word = option.prefix { $0 != 0x20 && $0 != UInt8(ascii: "=") }
      if word.isWord("allow") {
        kind = .allow
      } else if word.isWord("deny") {
        kind = .block
      } else if word.isWord("twist") {
        handover.leave(place, option, "another program takes the daemon's place there")
        return nil
      } else {
        handover.leave(
          place, option, "this is libwrap's to do; the rule's addresses are taken over")
      }
    }
    return kind
  }
}

extension Sequence<ArraySlice<UInt8>> {
  fileprivate var joinedByBlanks: [UInt8] { Array(joined(separator: [0x20])) }
}
