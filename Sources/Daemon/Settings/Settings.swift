public import Firewall
public import Platform
public import Text

/// What /etc/abl/abld.conf says.
public struct Settings: Equatable, Sendable {
  /// Whether blocks are carried into the kernel's firewall.
  public var firewall = true
  /// Whether a host that guessed at one service is kept from all ports of TCP.
  public var blocksAllPorts = false
  /// The ports of services, by the names that PAM has for them.
  public var servicePorts = ServicePorts()
  /// Whether connections of a host that gets blocked are ended.
  public var endsLiveConnections = false
  /// How many connections a host may begin at a known service; nil: as many as it likes.
  public var rate: PacketRate?
  /// How often a dropped packet is logged; nil: never.
  public var log: PacketRate? = PacketRate(packets: 10, seconds: 60, burst: 5)
  /// Whether blocks leave the kernel when abld ends.
  public var clearsAtStop = false
  /// How many blocks the kernel is given at most.
  public var most = Settings.mostBlocks
  /// Proxies in front of this machine's services: never blocked.
  public var proxies: [Prefix] = []
  /// Whether programs may ask at a socket of Unix.
  public var servesAPI = true
  /// Which users may report for which services: `www-data:nginx,apache2`.
  public var reporters: [Text] = []
  /// Which users may look at all that there is.
  public var lookers: [Text] = []
  /// On whose behalf Dovecot asks, and the file of the secret that it tells; nil: it can't.
  public var policyClient: PolicyClient?
  /// A list of blocked hosts for TCP wrappers; nil: none is written.
  public var listFile: Path?
  /// How this machine shares with others; it doesn't where there is no such file.
  public var fleet: Path = "/etc/abl/fleet.conf"
  /// The configuration of the module: it says where the store is, and what is allowed.
  public var moduleConfiguration: Path = "/etc/security/pam_abl.conf"

  public init() {}

  /// Where the settings are, if no word says where.
  public static var defaultFile: Path { "/etc/abl/abld.conf" }

  /// More than this, and other programs that list the kernel's rules would wait for seconds.
  public static let mostBlocks = 65_536

  /// The names of all settings, as they are written.
  public static var names: [StaticString] { SettingName.allCases.map { $0.spelling } }
}

/// The value of `dovecot`.
public struct PolicyClient: Equatable, Sendable {
  /// The name of its user, or the number.
  public let user: Text
  public let secretFile: Path
}

/// The words before `=`.
enum SettingName: CaseIterable {
  case firewall, ports, servicePorts, live, rate, log, stop, maxBlocks, proxies, api, report, look,
    dovecot, listFile, fleet
  case config

  init?(_ word: ArraySlice<UInt8>) {
    guard let name = Self.allCases.first(where: { word.isEqual(to: $0.spelling) }) else {
      return nil
    }
    self = name
  }

  var spelling: StaticString {
    switch self {
    case .firewall: "firewall"
    case .ports: "ports"
    case .servicePorts: "service_ports"
    case .live: "live"
    case .rate: "rate"
    case .log: "log"
    case .stop: "stop"
    case .maxBlocks: "max_blocks"
    case .proxies: "proxies"
    case .api: "api"
    case .report: "report"
    case .look: "look"
    case .dovecot: "dovecot"
    case .listFile: "list_file"
    case .fleet: "fleet"
    case .config: "config"
    }
  }
}
