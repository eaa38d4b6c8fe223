internal import BlockList
internal import Platform
internal import Policy
internal import Sharing

/// From where users have logged in to this machine: no other machine can have that blocked here.
///
/// As wtmp(5) tells it, which sshd, login and others write when a user is in.
enum KnownSources {
  /// For how long it holds, in seconds.
  static let memory: Int64 = 30 * 86_400
  private static let files: [Path] = ["/var/log/wtmp", "/var/log/wtmp.1"]
  /// Of each file that much is read, from its end.
  private static let most = 4 << 20

  static func read(at now: Int64) -> PrefixSet {
    var sources = PrefixSet()
    for path in files {
      guard let file = try? File(path, .read), let status = try? file.status else { continue }
      let size = status.size / Record.length * Record.length
      let start = max(0, size - most / Record.length * Record.length)
      guard let bytes = try? file.read(size - start, at: start) else { continue }
      for place in stride(from: 0, to: bytes.count - Record.length + 1, by: Record.length) {
        let record = Record(bytes[place..<(place + Record.length)])
        if let prefix = record.source(since: now - memory) { sources.insert(prefix) }
      }
    }
    return sources
  }

  /// Adds the networks at which the store knows users (`user_known`).
  static func add(
    homesOf blockList: BlockList, to sources: inout PrefixSet, at now: Int64
  ) throws(StoreError) {
    guard blockList.configuration.userKnown > 0 else { return }
    // Below all users at home.
    var last = SubjectKey(.home(Name(""), .thisMachine))
    while true {
      let chunk = try blockList.chunk(after: last, count: 500)
      guard let end = chunk.last else { return }
      last = end
      for index in 0..<chunk.count {
        let (key, record) = try chunk.entry(index)
        guard case .home(_, let network) = key.subject else { return }
        guard network != .thisMachine, let login = record.lastLogin,
          login.seconds >= now - memory,
          let prefix = Prefix(network.address, length: network.prefixLength)
        else { continue }
        sources.insert(prefix)
      }
    }
  }

  /// `struct utmp` of a 64-bit glibc.
  struct Record {
    static let length = 384
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    private func number(_ offset: Int, _ count: Int) -> Int {
      bytes.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// An address, or the 64 bits of IPv6 that one customer has; nil if it is no login of a user, is
    /// older, or came from no address.
    func source(since oldest: Int64) -> Prefix? {
      let (kind, time) = (number(0, 2), Int64(number(340, 4)))
      // USER_PROCESS
      guard kind == 7, time >= oldest else { return nil }
      let octets = bytes.dropFirst(348).prefix(16)
      guard octets.contains(where: { $0 != 0 }) else { return nil }
      let isV4 = octets.dropFirst(4).allSatisfy { $0 == 0 }
      guard let address = HostAddress(octets: isV4 ? octets.prefix(4) : octets) else { return nil }
      if case .v6 = address { return Prefix(address, length: 64) }
      return Prefix(address)
    }
  }
}
