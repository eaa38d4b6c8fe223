internal import CLinux
public import Platform
internal import Text

/// What abld tells other programs of the fleet: lines of words, in a file beside its state.
public struct FleetState: Equatable, Sendable {
  /// Empty where this machine shares with no other one, and has lists only.
  public var origin = ""
  /// Whether abl-courier is there, and its version.
  public var hasCourier = false
  public var courier = ""
  public var brokers: [Broker] = []
  public var peers: [Peer] = []
  public var orders: [GivenOrder] = []
  /// What `ablctl import blocklist` has brought here.
  public var lists: [List] = []
  /// How many blocks of others hold here, and how many of these the kernel was offered.
  public var enforced = 0
  /// What is left out of what others report, by the reason.
  public var leftOut: [String: Int] = [:]
  /// Why `fleet.mdb` isn't as it should be, or the fleet's configuration can't be used.
  public var trouble = ""
  /// When it was written, in seconds of UTC.
  public var written: Int64 = 0

  /// A broker, as the courier tells of it.
  public struct Broker: Equatable, Sendable {
    public var state = ""
    public var denied = 0
    public var trouble = ""
  }

  /// Another machine.
  public struct Peer: Equatable, Sendable {
    public var name = ""
    /// When it was heard of last.
    public var heard: Int64 = 0
    public var isAway = false
    /// How many blocks it reports, and up to which change they are known; nil: not yet.
    public var blocks = 0
    public var sequence: UInt64?
    /// Whether something of it is being fetched.
    public var isBehind = false
    /// By how much its clock is behind ours, in seconds.
    public var clockLag: Int64 = 0
    public var release = ""
    /// Messages that were refused, and reports that don't count, by the reason.
    public var refused: [String: Int] = [:]
    public var leftOut: [String: Int] = [:]
  }

  /// An order that was given on this machine.
  public struct GivenOrder: Equatable, Sendable {
    public var id = ""
    /// How many machines have carried it out, this one among them; of how many.
    public var applied = 0
    public var machines = 0
    /// Some of those that haven't.
    public var missing: [String] = []
  }

  /// A list of others that was imported.
  public struct List: Equatable, Sendable {
    public var name = ""
    public var sources = 0
    /// When it ends, in seconds of UTC.
    public var until: Int64 = 0
    /// What of it doesn't count, by the reason.
    public var leftOut: [String: Int] = [:]
  }

  public init() {}
}

extension FleetState {
  private static let version = "1"
  /// Of the file, in the directory in which abld tells of itself.
  static let name: Path = "fleet"

  /// As it stands in the file: a word that says what a line is, and its fields, with tabs between.
  var text: Text {
    var lines = [
      ["version", Self.version], ["machine", origin], ["courier", hasCourier ? "1" : "0", courier],
      ["enforced", String(enforced)], ["left_out", Self.list(leftOut)], ["trouble", trouble],
      ["written", String(written)],
    ]
    lines += brokers.map { ["broker", $0.state, String($0.denied), $0.trouble] }
    lines += orders.map {
      ["order", $0.id, String($0.applied), String($0.machines), $0.missing.joined(separator: " ")]
    }
    lines += peers.map { peer in
      [
        "peer", peer.name, String(peer.heard), peer.isAway ? "1" : "0", String(peer.blocks),
        peer.sequence.map { String($0) } ?? "-", peer.isBehind ? "1" : "0", String(peer.clockLag),
        peer.release, Self.list(peer.refused), Self.list(peer.leftOut),
      ]
    }
    lines += lists.map { list in
      ["list", list.name, String(list.sources), String(list.until), Self.list(list.leftOut)]
    }
    let text = lines.map { $0.map(Self.field).joined(separator: "\t") + "\n" }.joined()
    return Text(Array(text.utf8))
  }

  /// Visible ASCII and blanks: what would end a field or a line doesn't.
  private static func field(_ text: String) -> String {
    String(decoding: text.utf8.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  private static func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
  }

  /// Reads what stands in the file; nil if another version wrote it.
  public init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    guard lines.first == ["version", Self.version] else { return nil }
    for line in lines { take(line) }
  }

  private mutating func take(_ line: [String]) {
    func field(_ place: Int) -> String { place < line.count ? line[place] : "" }
    func number(_ place: Int) -> Int { Int(field(place)) ?? 0 }
    switch line.first {
    case "machine": origin = field(1)
    case "courier": (hasCourier, courier) = (field(1) == "1", field(2))
    case "enforced": enforced = number(1)
    case "left_out": leftOut = Self.counts(field(1))
    case "trouble": trouble = field(1)
    case "written": written = Int64(number(1))
    case "broker":
      brokers.append(Broker(state: field(1), denied: number(2), trouble: field(3)))
    case "order":
      let missing = field(4).split(separator: " ").map(String.init)
      orders.append(
        GivenOrder(id: field(1), applied: number(2), machines: number(3), missing: missing))
    case "peer":
      peers.append(
        Peer(
          name: field(1), heard: Int64(number(2)), isAway: field(3) == "1", blocks: number(4),
          sequence: UInt64(field(5)), isBehind: field(6) == "1", clockLag: Int64(number(7)),
          release: field(8), refused: Self.counts(field(9)), leftOut: Self.counts(field(10))))
    case "list":
      lists.append(
        List(
          name: field(1), sources: number(2), until: Int64(number(3)),
          leftOut: Self.counts(field(4))))
    default: break
    }
  }

  private static func counts(_ text: String) -> [String: Int] {
    var counts: [String: Int] = [:]
    for entry in text.split(separator: ";") {
      let parts = entry.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { counts[String(parts[0])] = Int(parts[1]) }
    }
    return counts
  }
}

extension FleetState {
  /// What abld, which runs, tells; nil if it shares with no other machine.
  public init?(in path: Path = RunDirectory.standard) {
    guard let file = try? File(path.appending(Self.name), .read),
      let status = try? file.status, status.isTrustworthyFile,
      let bytes = try? file.read(min(status.size, 16 << 20))
    else { return nil }
    self.init(parsing: bytes)
  }

  /// Writes it: in place of the old one at once.
  func publish(in path: Path) throws(SystemError) {
    let directory = try File(path, .directory)
    let new: Path = "fleet.new"
    try directory.remove(new)
    let file = try File(new, in: directory, .readWrite, creating: true)
    try file.write(text.bytes, at: 0)
    try directory.rename(new, to: Self.name)
  }

  static func remove(in path: Path) {
    if let directory = try? File(path, .directory) { try? directory.remove(Self.name) }
  }
}
