internal import BlockList
internal import Orders
internal import Policy
internal import Sharing
internal import Text
internal import Upkeep

/// What an order that holds does to the store of this machine.
extension BlockList {
  /// Carries out an order whose signature was verified.
  ///
  /// - Parameter isLastWord: whether no later order is about the same subject: then what this one
  ///   says of the future was overruled before it came. Failures of before are forgiven all the same.
  func carryOut(_ order: Order, isLastWord: Bool, at now: Timestamp) throws(StoreError) {
    switch order.action {
    case .unblock:
      let subjects = try subjects(of: order.subject)
      if !subjects.isEmpty { _ = try forgive(subjects, at: now) }
      if isLastWord { try endBlocks(of: order.subject, at: now) }
    case .block where isLastWord: try decree(.block, order, at: now)
    case .allow where isLastWord: try decree(.allow, order, at: now)
    case .disallow where isLastWord:
      _ = try end(.allow, on: [order.subject.target(by: configuration)], at: now)
    case .block, .allow, .disallow: break
    }
    _ = takeChanges()
  }

  /// One that was made by hand here and holds for longer stays as it is.
  private func decree(
    _ kind: Decree.Kind, _ order: Order, at now: Timestamp
  ) throws(StoreError) {
    let target = order.subject.target(by: configuration)
    let until = Timestamp(seconds: Int64(order.until))
    let known = try decrees(at: now).decree(kind, on: target, at: now)
    if let known, known.until >= until { return }
    let made = DecreeOrder(
      kind, target, until: until, by: Name(bounded: Array(order.by.utf8)),
      reason: Name(bounded: Array(order.reason.utf8)), at: now)
    try decree([made], at: now)
  }

  /// Blocks by hand of it, and within it.
  private func endBlocks(of subject: Order.Subject, at now: Timestamp) throws(StoreError) {
    let blocks = try decrees(at: now).all.filter { $0.kind == .block }
    let meant = blocks.map(\.target).filter { subject.contains($0, by: configuration) }
    if !meant.isEmpty { _ = try end(.block, on: meant, at: now) }
  }

  /// Those on record that an order is about: an address is what it is counted as here, and a user is
  /// one wherever that user is at home.
  private func subjects(of subject: Order.Subject) throws(StoreError) -> [Subject] {
    switch subject {
    case .prefix(let prefix) where prefix.isAddress:
      return configuration.subjects(of: .address(prefix.address)).filter { $0.kind == .host }
    case .prefix(let prefix): return try onRecord { prefix.means($0) }
    case .user(let name):
      let user = configuration.counted(Name(name))
      return try onRecord { subject in
        switch subject {
        case .user(let other), .home(let other, _): other == user
        default: false
        }
      }
    }
  }

  private func onRecord(_ isMeant: (Subject) -> Bool) throws(StoreError) -> [Subject] {
    var (found, last): ([Subject], SubjectKey?) = ([], nil)
    while true {
      let chunk = try chunk(after: last, count: 500)
      guard let end = chunk.last else { return found }
      last = end
      for index in 0..<chunk.count {
        if let subject = try chunk.entry(index).key.subject, isMeant(subject) {
          found.append(subject)
        }
      }
    }
  }
}

extension Sharing.Prefix {
  /// Whether a host or a network lies in it.
  fileprivate func means(_ subject: Subject) -> Bool {
    switch subject {
    case .host(.address(let address)): contains(Sharing.Prefix(address))
    case .host(.network(let network)), .network(let network):
      Sharing.Prefix(network.address, length: network.prefixLength).map { contains($0) } ?? false
    default: false
    }
  }
}

extension Order.Subject {
  /// What a decree means that does what an order says.
  fileprivate func target(by configuration: Configuration) -> AllowList.Entry {
    switch self {
    case .prefix(let prefix):
      .network(Network(prefix.address, prefixLength: prefix.length))
    case .user(let name): configuration.counted(.user(Name(name)))
    }
  }

  /// Whether a decree's target is this, or lies within it.
  fileprivate func contains(_ target: AllowList.Entry, by configuration: Configuration) -> Bool {
    guard case .prefix(let prefix) = self, case .network(let network) = target else {
      return self.target(by: configuration) == target
    }
    guard let other = Prefix(network.address, length: network.prefixLength) else { return false }
    return prefix.contains(other)
  }
}
