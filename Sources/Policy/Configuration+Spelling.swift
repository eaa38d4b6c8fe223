internal import Text

/// One account of a directory may be spelled in several ways: `user_case` and `user_domain` have it
/// counted as one. No other module sees these names: they are what is counted, and no account's.
extension Configuration {
  private var mayDiffer: Bool { alike.isDisjoint(with: [.userCase, .userDomain]) }

  /// The name under which a user is counted: what stands behind the last backslash and before the
  /// first `@`, if that is something, and in lower case, as the configuration says. Counted again,
  /// it stays as it is.
  @inline(never)
  public func counted(_ user: Name) -> Name {
    guard !mayDiffer else { return user }
    var bytes = alike.contains(.userDomain) ? user.withoutDomain : user.bytes
    if bytes.isEmpty { bytes = user.bytes }
    guard alike.contains(.userCase) else { return Name(bytes) }
    for index in bytes.indices { bytes[index] = bytes[index].lowercased }
    return Name(bytes)
  }

  /// Likewise of a user, also at home; all other subjects are counted as they are.
  public func counted(_ subject: Subject) -> Subject {
    switch subject {
    case .user(let name): .user(counted(name))
    case .home(let name, let network): .home(counted(name), network)
    case .host, .network, .caller: subject
    }
  }

  /// Likewise of what a list or a decree means.
  public func counted(_ entry: AllowList.Entry) -> AllowList.Entry {
    if case .user(let name) = entry { .user(counted(name)) } else { entry }
  }

  /// Likewise of an attempt: as it is counted.
  @inline(never)
  public func counted(_ attempt: Attempt) -> Attempt {
    guard !mayDiffer, let user = attempt.user else { return attempt }
    return Attempt(
      user: counted(user), host: attempt.host, service: attempt.service, port: attempt.port,
      caller: attempt.caller, typed: attempt.typed)
  }

  /// A rule for subjects of `kind`, with the users in it as they are counted.
  public func counted(_ rule: Rule, for kind: SubjectKind) -> Rule {
    var rule = rule
    count(&rule, for: kind)
    return rule
  }

  /// What names users in a configuration that was read names them as they are counted.
  @inline(never)
  mutating func countUsers() {
    guard !mayDiffer else { return }
    let spelling = self
    spelling.count(&hostRule, for: .host)
    spelling.count(&networkRule, for: .network)
    spelling.count(&userRule, for: .user)
    for index in userAllowList.entries.indices {
      userAllowList.entries[index] = spelling.counted(userAllowList.entries[index])
    }
  }

  @inline(never)
  private func count(_ rule: inout Rule, for kind: SubjectKind) {
    for index in rule.clauses.indices {
      if kind == .user { count(&rule.clauses[index].patterns) }
      guard let users = rule.clauses[index].users else { continue }
      var names = users.names
      count(&names)
      rule.clauses[index].users = Users(isInverted: users.isInverted, names)
    }
  }

  @inline(never)
  private func count(_ patterns: inout [Pattern]) {
    for index in patterns.indices {
      patterns[index] = Pattern(
        name: counted(patterns[index].name), service: patterns[index].service)
    }
  }
}

extension Name {
  fileprivate var withoutDomain: [UInt8] {
    var (name, isOver): ([UInt8], Bool) = ([], false)
    for byte in bytes {
      if byte == UInt8(ascii: "\\") {
        (name, isOver) = ([], false)
      } else {
        isOver = isOver || byte == UInt8(ascii: "@")
        if !isOver { name.append(byte) }
      }
    }
    return name
  }
}
