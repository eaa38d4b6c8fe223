extension Configuration {
  /// What `attempt` is counted for, and judged by, whatever the allow lists say: the host first.
  ///
  /// Of `user` and `home`, one judges: the second if the user is known there.
  public func subjects(of attempt: Attempt) -> [Subject] {
    var subjects: [Subject] = []
    if let host = attempt.host { subjects = self.subjects(of: host) }
    if let user = attempt.user, !user.bytes.isEmpty {
      subjects.append(.user(counted(user)))
      if let home = home(of: user, at: attempt.host) { subjects.append(home) }
    }
    if let caller = attempt.caller, !callerRule.clauses.isEmpty {
      subjects.append(.caller(caller.number))
    }
    return subjects
  }

  /// What an attempt from `host` is counted for: the host by its prefix, or by itself if a clause
  /// names it, and its networks.
  public func subjects(of host: Host) -> [Subject] {
    var subjects: [Subject] = [.host(hostRule.names(host) ? host : hostPrefix.counted(host))]
    guard case .address(let address) = host else { return subjects }
    for network in networkRule.networks(of: address) { subjects.append(.network(network)) }
    return subjects
  }

  /// The user at the network of `host`, or at this machine; nil if no such is remembered.
  public func home(of user: Name, at host: Host?) -> Subject? {
    guard userKnown > 0 else { return nil }
    let user = counted(user)
    guard let host else { return .home(user, .thisMachine) }
    guard case .address(let address) = host else { return nil }
    return .home(user, knownPrefix.network(of: address))
  }

  /// Whether `attempt` is counted for `subject`: su by another user says nothing of the account,
  /// once its caller is counted for it.
  public func isCounted(_ subject: Subject, by attempt: Attempt) -> Bool {
    guard let caller = attempt.caller, !callerRule.clauses.isEmpty else { return true }
    return subject.kind != .user || caller.isOwnAccount
  }

  /// Whether `subject` is neither counted nor refused for `attempt`. What a list says of the host
  /// holds for its networks too.
  public func isAllowed(_ subject: Subject, for attempt: Attempt) -> Bool {
    guard subject.kind.isOrigin, let host = attempt.host else { return isAllowed(subject) }
    return hostAllowList.contains(.host(host))
  }
}

extension Rule {
  /// Whether a clause names this host by itself.
  fileprivate func names(_ host: Host) -> Bool {
    clauses.contains { $0.patterns.contains { $0.isOnly(host) } }
  }

  /// The addresses that clauses name: each counts by itself, whatever prefix has it.
  public var namedAddresses: [HostAddress] {
    clauses.flatMap { $0.patterns }.compactMap { $0.address }
  }

  /// The networks that have `address`, one of each length that a clause names for its family.
  fileprivate func networks(of address: HostAddress) -> [Network] {
    var networks: [Network] = []
    for clause in clauses {
      for pattern in clause.patterns {
        guard let network = pattern.network(of: address), !networks.contains(network),
          networks.count < Self.mostNetworks
        else { continue }
        networks.append(network)
      }
    }
    return networks
  }

  /// How many lengths one family may have: a slot of the table has room for so many.
  static var mostNetworks: Int { 4 }
}
