internal import BlockList
internal import CSystem
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

/// What DenyHosts has recorded: in WORK_DIR, and in hosts.deny.
struct DenyHostsState {
  let directory: Path
  let now: Timestamp
  private let by = Name(bounded: Array(Audit.person.utf8))

  private static let longestLine = 4096
  /// Of one host, where more count for nothing; and in all.
  private static let mostAttempts = (host: 1000, all: 200_000)

  init(in directory: Path, at now: Timestamp) { (self.directory, self.now) = (directory, now) }

  // MARK: - Counts

  /// The files of counts, by the threshold that they are for.
  private static let counts: [(file: String, key: String)] = [
    ("hosts", "INVALID"), ("hosts-valid", "VALID"), ("hosts-root", "ROOT"),
    ("hosts-restricted", "RESTRICTED"),
  ]

  /// Failed attempts of hosts, as far as DenyHosts would still count them.
  func readCounts(_ windows: [String: Int64], into handover: inout Handover) throws {
    var attempts: [(host: Host, attempts: [RecordedAttempt])] = []
    var (places, all): ([String: Int], Int) = ([:], 0)
    for (file, key) in Self.counts {
      let oldest = now.adding(-(windows[key] ?? windows["VALID"] ?? 0))
      try forEachLine(of: file, &handover) { line, place, handover in
        guard let count = Count(line) else {
          return handover.complain(place, line, "expected 'address:count:time'")
        }
        guard count.number > 0, count.time >= oldest, count.time <= now else { return }
        let recorded = self.attempts(count, file)
        all += recorded.count
        guard all <= Self.mostAttempts.all else {
          return handover.leave(place, line, "no more than 200000 attempts are taken over")
        }
        let name = String(count.host.text)
        if let index = places[name] {
          attempts[index].attempts += recorded
        } else {
          places[name] = attempts.count
          attempts.append((count.host, recorded))
        }
      }
    }
    for (host, recorded) in attempts {
      handover.add(ImportedHistory(.host(host), wasBlocked: false, recorded))
    }
  }

  /// `192.0.2.7:3:Thu Nov 26 03:12:44 2026`
  private struct Count {
    let host: Host
    let number: Int
    let time: Timestamp

    init?(_ line: ArraySlice<UInt8>) {
      // An address of IPv6 has colons itself; the time has two.
      let parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count >= 5, let number = parts[parts.count - 4].decimal,
        let address = HostAddress(
          parsing: Array(parts.dropLast(4).joined(separator: [UInt8(ascii: ":")]))[...]),
        let time = Timestamp(
          asctime: Array(parts.suffix(3).joined(separator: [UInt8(ascii: ":")])))
      else { return nil }
      (host, self.number, self.time) = (.address(address), number, time)
    }
  }

  private func attempts(_ count: Count, _ file: String) -> [RecordedAttempt] {
    (0..<min(count.number, Self.mostAttempts.host)).map { index in
      RecordedAttempt(
        id: Self.id(of: count.host, file, count.time, index), time: count.time, state: .failed,
        reason: .authentication, service: "sshd",
        counterpart: file == "hosts-root" ? .user("root") : nil)
    }
  }

  /// Says which attempt it is, whenever it is read.
  private static func id(
    of host: Host, _ file: String, _ time: Timestamp, _ index: Int
  ) -> UInt64 {
    "\(String(host.text)) \(file) \(time.seconds) \(index)".utf8.fnv1a
  }

  // MARK: - Hosts that are allowed, users that are restricted

  /// `allowed-hosts`: addresses, `192.0.2.*`, `192.0.2.[10-20]` (without the last).
  func readAllowed(into handover: inout Handover) throws {
    try forEachLine(of: "allowed-hosts", &handover) { line, place, handover in
      let networks = Self.allowed(line)
      guard !networks.isEmpty else {
        return handover.leave(
          place, line, "here a host is its address, and names aren't looked up; give its addresses")
      }
      for network in networks {
        handover.add(
          DecreeOrder(
            .allow, .network(network), by: by, reason: "denyhosts allowed-hosts", at: now),
          from: place)
      }
    }
  }

  private static func allowed(_ line: ArraySlice<UInt8>) -> [Network] {
    if let network = Network(typed: line) ?? Network(beginning: line) { return [network] }
    guard line.last == UInt8(ascii: "]"), let bracket = line.firstIndex(of: UInt8(ascii: "[")),
      let base = Network(beginning: line[..<bracket]), base.prefixLength == 24,
      case .v4(let first) = base.address
    else { return [] }
    let ends = line[(bracket + 1)...].dropLast().split(separator: UInt8(ascii: "-"))
    guard ends.count == 2, let low = ends[0].decimal, let high = ends[1].decimal, low < high,
      high <= 256
    else { return [] }
    return (low..<high).map { Network(whole: .v4(first | UInt32($0))) }
  }

  /// `restricted-usernames`, of ETC_DIR or of WORK_DIR.
  func restricted(_ etc: Path, into handover: inout Handover) throws -> [Name] {
    var names: [Name] = []
    for home in [etc, directory] where names.isEmpty {
      let file = DenyHostsState(in: home, at: now)
      try file.forEachLine(of: "restricted-usernames", &handover) { line, place, handover in
        let isPlain = line.allSatisfy { byte in
          byte > 0x20 && byte < 0x7F && !"@:/|!*?,;#\\[]".utf8.contains(byte)
        }
        guard isPlain, line.count <= 32, names.count < 50 else {
          return handover.leave(place, line, "no clause of a rule can have that name, or so many")
        }
        if !names.contains(Name(line)) { names.append(Name(line)) }
      }
    }
    return names
  }

  // MARK: - Files

  private func forEachLine(
    of name: String, _ handover: inout Handover,
    _ body: (ArraySlice<UInt8>, FilePlace, inout Handover) throws -> Void
  ) throws {
    let path = directory.appending(Path(name.utf8))
    var lines: LineReader
    do throws(ReadError) { lines = try LineReader(path, longest: Self.longestLine) } catch {
      guard !error.isAbsence else { return }
      throw error.failure(of: path)
    }
    while let line = try lines.next() {
      let (text, place) = (line.text.trimmed, FilePlace(file: path.shown, line: line.number))
      if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
      guard !line.isCut else {
        handover.complain(place, text, "the line is longer than 4 KiB")
        continue
      }
      try body(text, place, &handover)
    }
  }
}

extension Timestamp {
  /// Reads `Thu Nov 26 03:12:44 2026`, a time of this place; nil if it is none.
  init?(asctime text: some Collection<UInt8>) {
    let words = text.split(separator: 0x20)
    guard words.count == 5, let month = Self.months.firstIndex(where: { words[1].isWord($0) }),
      let day = words[2].decimal, (1...31).contains(day),
      let year = words[4].decimal, (1970...9999).contains(year)
    else { return nil }
    let clock = words[3].split(separator: UInt8(ascii: ":")).compactMap { $0.decimal }
    guard clock.count == 3, clock[0] < 24, clock[1] < 60, clock[2] < 62 else { return nil }
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (
      CInt(year - 1900), CInt(month), CInt(day)
    )
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (
      CInt(clock[0]), CInt(clock[1]), CInt(clock[2])
    )
    unsafe parts.tm_isdst = -1
    let seconds = unsafe mktime(&parts)
    guard seconds != -1 else { return nil }
    self.init(seconds: Int64(seconds))
  }

  private static let months: [StaticString] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
