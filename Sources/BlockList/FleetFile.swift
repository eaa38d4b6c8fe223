internal import LMDB
internal import LMDBFile
public import Platform
public import Policy
public import Text

/// What the fleet says of a host: advice, by which this machine refuses it.
public struct FleetReport: Equatable, Sendable {
  /// The first second at which it holds no more.
  public let until: Timestamp
  /// How many other machines report the host; 0: a list alone has it.
  public let reporters: UInt16

  public init(until: Timestamp, reporters: UInt16) {
    (self.until, self.reporters) = (until, reporters)
  }

  /// Reads what the file has; nil if it makes no sense.
  package init?(decoding value: [UInt8]) {
    var reader = Bytes.Reader(value)
    guard let until = reader.int64(), let reporters = reader.integer(2) else { return nil }
    self.init(until: Timestamp(seconds: until), reporters: UInt16(truncatingIfNeeded: reporters))
  }

  /// "3 other machines report it"
  public var text: Text {
    if reporters == 0 { return "a list that was imported has it" }
    return reporters == 1
      ? "one other machine reports it" : "\(Text(UInt64(reporters))) other machines report it"
  }
}

/// What failures on all machines together have come to.
public struct FleetCount: Equatable, Sendable {
  /// Those that count, and on how many machines they were.
  public let failures: UInt32
  public let machines: UInt16
  /// The clause of fleet_rule.
  public let rule: [UInt8]

  public init(failures: UInt32, machines: UInt16, rule: [UInt8]) {
    (self.failures, self.machines, self.rule) = (failures, machines, rule)
  }
}

/// `fleet.mdb`, beside the store: what other machines report, as far as abld believes them.
///
/// abld alone writes it, and never syncs it. What is damaged, of another boot, or can't be read,
/// says nothing: no login is refused for it, and none is counted.
public enum FleetFile {
  public static var name: Path { "fleet.mdb" }
  /// What the database is called that has all of it: a `value` for each `key`, and the `head`.
  public static var database: StaticString { "reports" }

  private static let layout: UInt8 = 1

  /// The key of what is to be read first; no prefix has it.
  public static var headKey: [UInt8] { [0] }

  /// Layout 1, the boot, then family and length of the prefixes that there are.
  ///
  /// - Parameter lengths: 4 or 6, and a length, in turn.
  public static func head(boot: [UInt8], lengths: [UInt8]) -> [UInt8] {
    [layout] + boot + lengths
  }

  /// 4 or 6, the length, and the address without its further bits.
  public static func key(_ octets: [UInt8], length: UInt8) -> [UInt8] {
    var key = [octets.count == 4 ? 4 : 6, length] + octets
    for place in octets.indices {
      let bits = Int(length) - 8 * place
      if bits < 8 { key[place + 2] &= bits > 0 ? ~(0xFF >> UInt8(bits)) : 0 }
    }
    return key
  }

  /// The end 8, the reporters 2; for people when it was heard of 8, and their names, as strings.
  /// Then, of what fleet_rule has counted, an empty string, the failures 4, the machines 2, and the
  /// rule.
  public static func value(
    _ report: FleetReport, since: Timestamp, witnesses: [[UInt8]], counted: FleetCount? = nil
  ) -> [UInt8] {
    var value = Bytes.bigEndian(report.until.seconds)
    value += Bytes.bigEndian(UInt64(report.reporters), count: 2) + Bytes.bigEndian(since.seconds)
    value += witnesses.flatMap { Bytes.string($0) }
    guard let counted else { return value }
    value += Bytes.string([]) + Bytes.bigEndian(UInt64(counted.failures), count: 4)
    return value + Bytes.bigEndian(UInt64(counted.machines), count: 2) + Bytes.string(counted.rule)
  }

  /// What `value` has for people.
  package static func details(
    _ value: [UInt8]
  ) -> (since: Timestamp, witnesses: [[UInt8]], counted: FleetCount?)? {
    var reader = Bytes.Reader(value)
    guard reader.int64() != nil, reader.integer(2) != nil, let since = reader.int64() else {
      return nil
    }
    var witnesses: [[UInt8]] = []
    while !reader.isAtEnd, let name = reader.string(), !name.isEmpty { witnesses.append(name) }
    var counted: FleetCount?
    if let failures = reader.integer(4), let machines = reader.integer(2),
      let rule = reader.string()
    {
      counted = FleetCount(
        failures: UInt32(truncatingIfNeeded: failures),
        machines: UInt16(truncatingIfNeeded: machines), rule: rule)
    }
    return (Timestamp(seconds: since), witnesses, counted)
  }

  /// Where the values stand, and what lengths there are; nil of a file of another boot.
  private static func reports(
    size: Int, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> (PageLookup, ArraySlice<UInt8>)? {
    let name = [UInt8](Text(stringLiteral: database).bytes)
    let reports = try PageLookup(size: size, read).database(name, read)
    let boot = Boot.id
    guard let head = try reports.value(for: headKey, read), !boot.isEmpty,
      head.count > boot.count, head[0] == layout,
      Array(head[1...boot.count]).isSame(as: boot)
    else { return nil }
    return (reports, head[(boot.count + 1)...])
  }

  /// Whether the file of `db_home` says something to logins, be it that nothing is known.
  public static func isInForce(in home: Path) -> Bool {
    guard let directory = try? File(home, .directory),
      let file = try? File(name, in: directory, .read),
      let status = try? file.status, status.isTrustworthyFile
    else { return false }
    var failure: SystemError?
    do throws(Preflight.Finding) {
      return try reports(size: status.size) { count, offset in
        file.read(count, at: offset, orNote: &failure)
      } != nil
    } catch { return false }
  }

  /// What the file has for an address: of several prefixes that which holds longest.
  static func value(
    on octets: [UInt8], size: Int, _ read: Preflight.Read
  ) throws(Preflight.Finding) -> [UInt8]? {
    guard let (reports, lengths) = try reports(size: size, read) else { return nil }
    var found: [UInt8]?
    var end: Int64 = 0
    var place = lengths.startIndex
    while place + 1 < lengths.endIndex {
      let (family, length) = (lengths[place], lengths[place + 1])
      place += 2
      guard family == (octets.count == 4 ? 4 : 6),
        let value = try reports.value(for: key(octets, length: length), read)
      else { continue }
      let until = FleetReport(decoding: value)?.until.seconds ?? 0
      guard until > end else { continue }
      (found, end) = (value, until)
    }
    return found
  }
}

extension BlockList {
  /// Why advice of the fleet refuses `attempt`, of which the store says that it is clear. A user at
  /// home, and what a decree lets pass, isn't refused by it.
  func refusal(
    byFleetOf attempt: Attempt, _ tallies: [Tally], _ home: borrowing Home, _ now: Timestamp
  ) -> Refusal? {
    guard case .address(let address) = attempt.host,
      let tally = tallies.first(where: { $0.subject.kind == .host }),
      !tallies.contains(where: { $0.isFreed || $0.isKnown }),
      let value = home.fleetValue(on: address), let report = FleetReport(decoding: value),
      report.until > now
    else { return nil }
    return Refusal(subject: tally.subject, cause: .advised(report))
  }
}

extension Home {
  /// What the file has for an address; nil if it has nothing, or can't be used.
  ///
  /// As with the store: what was read between two looks at a head that stays is one commit.
  package func fleetValue(on address: HostAddress) -> [UInt8]? {
    guard let file = try? File(FleetFile.name, in: directory, .read),
      let status = try? file.status, status.isTrustworthyFile
    else { return nil }
    var tries = 10
    while tries > 0, let head = try? file.read(Preflight.headLength) {
      tries -= 1
      var failure: SystemError?
      var value: [UInt8]?
      do throws(Preflight.Finding) {
        value = try FleetFile.value(on: address.octets, size: status.size) { count, offset in
          offset == 0 ? head : file.read(count, at: offset, orNote: &failure)
        }
      } catch { value = nil }
      guard let after = try? file.read(Preflight.headLength) else { return nil }
      if after.isSame(as: head) { return value }
    }
    return nil
  }
}
