internal import Firewall
internal import Platform
internal import Policy
internal import Text

/// Which addresses are never blocked, as the machine and its configuration say now.
struct Neighbourhood {
  /// Those of the machine: its own, its gateways', its resolvers'.
  private var machine: [Prefix] = []

  /// Asks anew.
  mutating func refresh(_ surroundings: Surroundings) throws(FirewallError) {
    let own = try surroundings.ownAddresses()
    let gateways = try surroundings.gateways()
    machine = Array(Set((own + gateways + Self.resolvers).map { Prefix($0) }))
  }

  func protection(_ settings: Settings, _ configuration: Configuration) -> Protection {
    let allowed = configuration.hostAllowList.entries.compactMap { $0.network }
    return Protection(
      vital: Protection.loopback + machine + settings.proxies, allowed: allowed.map { Prefix($0) })
  }

  /// Servers of names that the machine asks, those behind systemd-resolved too.
  private static var resolvers: [HostAddress] {
    let files: [Path] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]
    return files.flatMap { addresses(in: $0) }
  }

  private static func addresses(in path: Path) -> [HostAddress] {
    guard let file = try? File(path, .readLinked), let text = try? file.read(1 << 16) else {
      return []
    }
    return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.split { $0.isSpace }
      guard words.first?.isEqual(to: "nameserver") == true else { return nil }
      return words.dropFirst().first.flatMap { HostAddress(parsing: $0) }
    }
  }
}
