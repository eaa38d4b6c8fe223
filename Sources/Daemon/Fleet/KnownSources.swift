internal import BlockList
internal import Platform
internal import Policy
internal import Sharing
internal import Upkeep

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
      guard let logins = try? LoginRecord.read(path, atMost: most) else { continue }
      for login in logins {
        if let prefix = login.source(since: now - memory) { sources.insert(prefix) }
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
}

extension LoginRecord {
  /// The address, or the 64 bits of IPv6 that one customer has; nil if the login is older.
  func source(since oldest: Int64) -> Prefix? {
    guard time.seconds >= oldest else { return nil }
    if case .v6 = address { return Prefix(address, length: 64) }
    return Prefix(address)
  }
}
