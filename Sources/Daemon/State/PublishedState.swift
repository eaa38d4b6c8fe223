public import Firewall
public import Text

/// What abld tells other programs of itself: lines of a word and a value, in a file.
public struct PublishedState: Equatable, Sendable {
  public var process: Int32 = 0
  /// Seconds since 1970.
  public var started: Int64 = 0
  /// When the store was looked at last.
  public var looked: Int64 = 0
  /// Whether the kernel's firewall is meant to be used.
  public var isFirewallOn = false
  /// Why it isn't in force, if so.
  public var trouble: Text = ""
  /// Why the store couldn't be looked at last, if so.
  public var storeTrouble: Text = ""
  /// How many blocks the kernel was given.
  public var blocks = 0
  /// How many blocked hosts there was no room for, are never blocked here, or have guessed at
  /// services whose ports aren't known.
  public var leftOut = 0
  public var exempt = 0
  public var portless = 0
  /// How many of these blocks other machines advise.
  public var advised = 0
  /// How often the table was made anew because another program had changed it.
  public var rebuilds = 0
  /// What that program was last: "nft (process 4711)".
  public var meddler: Text = ""
  /// The list file for TCP wrappers, if there is to be one; how many hosts it has, how many it had
  /// no room for, and why it couldn't be written last, if so.
  public var listFile: Text = ""
  public var listed = 0
  public var listLeftOut = 0
  public var listTrouble: Text = ""
  /// The lengths of prefixes that may be blocked, and the ports.
  public var lengths4: [UInt8] = []
  public var lengths6: [UInt8] = []
  public var ports: [UInt16] = []

  public init() {}

  /// All elements by which the kernel could keep the host away, the wider ones behind.
  public func elements(holding prefix: Prefix) -> [Element] {
    let lengths = (prefix.isIPv6 ? lengths6 : lengths4).filter { $0 <= prefix.length }
    return lengths.flatMap { length in
      let wider = Prefix(prefix.address, length: length)
      return ([Element.allPorts] + ports).map { Element(wider, port: $0) }
    }
  }
}

extension PublishedState {
  private static let version = 1

  /// As it stands in the file.
  public var text: Text {
    var lines: [(Text, Text)] = [
      ("version", Text(Self.version)), ("process", Text(process)), ("started", Text(started)),
      ("looked", Text(looked)), ("firewall", isFirewallOn ? "on" : "off"),
      ("trouble", trouble), ("store_trouble", storeTrouble), ("blocks", Text(blocks)),
      ("left_out", Text(leftOut)), ("exempt", Text(exempt)), ("portless", Text(portless)),
      ("rebuilds", Text(rebuilds)), ("meddler", meddler), ("advised", Text(advised)),
    ]
    lines.append(("list_file", listFile))
    lines.append(("listed", Text(listed)))
    lines.append(("list_left_out", Text(listLeftOut)))
    lines.append(("list_trouble", listTrouble))
    lines.append(("lengths4", Self.list(lengths4)))
    lines.append(("lengths6", Self.list(lengths6)))
    lines.append(("ports", Self.list(ports)))
    return lines.reduce(Text()) { $0 + $1.0 + " " + $1.1.oneLine + "\n" }
  }

  private static func list(_ numbers: [some FixedWidthInteger]) -> Text {
    var text = Text()
    for number in numbers { text += (text.isEmpty ? "" : " ") + Text(UInt64(number)) }
    return text
  }

  /// Reads what stands in the file; nil if another version wrote it.
  public init?(parsing bytes: [UInt8]) {
    var values: [String: String] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
      guard let name = parts.first else { continue }
      let value = parts.dropFirst().first ?? []
      values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    guard values["version"] == String(Self.version) else { return nil }
    take(values)
  }

  private mutating func take(_ values: [String: String]) {
    func number(_ name: String) -> Int { values[name].flatMap { Int($0) } ?? 0 }
    func text(_ name: String) -> Text { Text(Array((values[name] ?? "").utf8)) }
    func list<Number: FixedWidthInteger>(_ name: String) -> [Number] {
      (values[name] ?? "").split(separator: " ").compactMap { Number($0) }
    }
    process = Int32(clamping: number("process"))
    (started, looked) = (Int64(number("started")), Int64(number("looked")))
    isFirewallOn = values["firewall"] == "on"
    (trouble, storeTrouble) = (text("trouble"), text("store_trouble"))
    (blocks, leftOut, exempt) = (number("blocks"), number("left_out"), number("exempt"))
    advised = number("advised")
    (portless, rebuilds, meddler) = (number("portless"), number("rebuilds"), text("meddler"))
    (listFile, listTrouble) = (text("list_file"), text("list_trouble"))
    (listed, listLeftOut) = (number("listed"), number("list_left_out"))
    (lengths4, lengths6, ports) = (list("lengths4"), list("lengths6"), list("ports"))
  }
}

extension Text {
  /// With a blank for each byte that would end a line.
  fileprivate var oneLine: Text { Text(bytes.map { $0 < 0x20 ? 0x20 : $0 }) }
}
