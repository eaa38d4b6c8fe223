internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct Fail: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Count one failed login.",
    discussion: """
      For programs that judge passwords without PAM. It counts for the host and for the user; one that \
      is on an allow list is left out. What a decree keeps out is counted, too: the program has let it try. \
      Names are taken as they are, not as they are printed: a stranger chose them. An IPv6 address may \
      stand in brackets, and a prefix that counts as one host stands for it; a list, and an address \
      with a port or a mistake in it, are refused. When this returns with 0, the failure is on the disk.
      """)

  @OptionGroup var setup: Setup

  @Option(
    name: [.customShort("H"), .long], parsing: .unconditionalSingleValue,
    help: "The host it came from.")
  var host: [Host] = []

  @Option(
    name: [.customShort("U"), .long], parsing: .unconditionalSingleValue,
    help: "The user it was for.")
  var user: [Name] = []

  @Option(name: .shortAndLong, help: "The service it was to.")
  var service: Name

  func run() throws {
    guard !host.isEmpty || !user.isEmpty else {
      throw Misuse(command: "fail", message: "Nobody to blame. Give a --host or a --user.")
    }
    guard host.count < 2, user.count < 2 else {
      throw Misuse(command: "fail", message: "One login has one host and one user.")
    }
    let blockList = try setup.blockList()
    let host = try host.first?.failing(in: blockList.configuration)
    let attempt = Attempt(user: user.first, host: host, service: service)
    try blockList.fileFailure(of: attempt, at: .now)
    blockList.runCommands()
  }
}

extension Host {
  /// The host that is meant: an address in brackets, and the prefix that counts as one host, as it
  /// is printed, are addresses.
  ///
  /// - Throws: `Misuse` if it is a list, has a port, or is like an address and none: all of these
  ///   would count as one more name. But what may be a name of DNS, as 300.1.1.1, is one: a stranger
  ///   may have it, and must not go uncounted for it.
  fileprivate func failing(in configuration: Configuration) throws -> Host {
    guard case .name(let name) = self, let typed = TypedName(name.bytes) else { return self }
    for meaning in typed.spelled {
      if let address = HostAddress(parsing: meaning.bytes[...]) { return .address(address) }
      guard let network = Network(written: meaning) else { continue }
      let counted = Host.network(network)
      // Any address of the prefix counts for it.
      if configuration.counts(.host(counted)) { return .address(network.address) }
    }
    let bytes = name.bytes[...]
    let isList = bytes.contains { $0 <= 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
    guard isList || bytes.isMeantForAddress && !bytes.allSatisfy(\.mayBeOfName) else { return self }
    throw Misuse.nonsense(.host(self), bytes.whyNoHost, "fail")
  }
}

extension UInt8 {
  /// Whether a name of DNS may have it, as resolvers let it pass.
  fileprivate var mayBeOfName: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: self == UInt8(ascii: ".") || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }
  }
}
