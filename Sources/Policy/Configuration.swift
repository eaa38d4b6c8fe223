/// All that can be set, each with its default.
public struct Configuration: Sendable {
  /// The directory of the store. `db_home`; else that of an absolute `host_db` or `user_db`.
  public var databaseHome: Name = "/var/lib/abl"
  /// The directory of the attempts in flight; nothing in it need survive a boot. `run_home`.
  public var runHome: Name = "/run/abl"
  /// `host_rule`; none blocks no host.
  public var hostRule = Rule()
  /// `user_rule`; none blocks no user.
  public var userRule = Rule()
  /// `network_rule`; none blocks no network, and counts none.
  public var networkRule = Rule()
  /// `caller_rule`; none blocks no caller, and counts none.
  public var callerRule = Rule()
  /// How many bits of an address make a host. `host_prefix`.
  public var hostPrefix = PrefixLengths(v4: 32, v6: 64)
  /// For how long a user is known at a network after a login from there, in seconds; 0 is never.
  /// `user_known`.
  public var userKnown: UInt32 = 0
  /// How many bits of an address make such a network. `known_prefix`.
  public var knownPrefix = PrefixLengths(v4: 24, v6: 48)
  /// What is counted as one. `user_case`, `user_domain`,
  /// `same_password`.
  public var alike: Alike = []
  /// After how long a host's attempts are forgotten, in seconds. `host_purge`.
  public var hostPurge: UInt32 = 2 * 24 * 60 * 60
  /// After how long a user's attempts are forgotten, in seconds. `user_purge`.
  public var userPurge: UInt32 = 2 * 24 * 60 * 60
  /// After how long a network's attempts are forgotten, in seconds. `network_purge`.
  public var networkPurge: UInt32 = 2 * 24 * 60 * 60
  /// `host_whitelist`.
  public var hostAllowList = AllowList()
  /// `user_whitelist`.
  public var userAllowList = AllowList()
  /// `limits`.
  public var limits = HistoryLimits(lower: 1000, upper: 1200)
  /// What to run when a host is blocked. `host_block_cmd`.
  public var hostBlockCommand: Command?
  /// What to run when a host is clear again. `host_clear_cmd`.
  public var hostClearCommand: Command?
  /// What to run when a user is blocked. `user_block_cmd`.
  public var userBlockCommand: Command?
  /// What to run when a user is clear again. `user_clear_cmd`.
  public var userClearCommand: Command?
  /// What to run when a network is blocked. `network_block_cmd`.
  public var networkBlockCommand: Command?
  /// What to run when a network is clear again. `network_clear_cmd`.
  public var networkClearCommand: Command?
  /// Whether to log what is done and why. `debug`.
  public var isDebugging = false
  /// How long to wait for the lock of the store, in milliseconds, from 1. `lock_timeout`.
  public var lockTimeout: UInt32 = 1500
  /// How long to wait for the verdict on attempts in flight, in milliseconds. `pending_wait`.
  public var pendingWait: UInt32 = 30_000
  /// What becomes of an attempt that never gets a verdict. `abandoned`.
  public var abandoned = Abandoned.lapse
  /// What happens to a login when the store can't be used. `on_error`.
  public var onError = ErrorPolicy.allow
  /// How large the store may grow, in bytes. `max_size`.
  public var maxSize: UInt64 = 64 << 20
  /// Where a program that is not root asks abld, since it can't open the store. `socket`.
  public var socket: Name = "/run/abld/api.sock"
  /// What to do and for which subjects; empty is everything. `check_user`, `log_both` …
  public var actions: Actions = []

  /// What was read for it; nil if it is the defaults.
  var written: WrittenSettings?

  /// Whether `db_home` was set, and not only derived.
  var isDatabaseHomeSet = false

  /// Of hosts, networks and users. Together, for each field of its own makes what copies a
  /// configuration longer.
  var lengths: [[UInt64]] = [[], [], []]

  public init() {}

  /// How long the first, the second … block of a host lasts at least, in seconds; the last length
  /// is of all further ones. Empty: as long as the rule says. `host_block`.
  public var hostBlock: [UInt64] {
    get { lengths[0] }
    set { lengths[0] = newValue }
  }
  /// Likewise of a network. `network_block`.
  public var networkBlock: [UInt64] {
    get { lengths[1] }
    set { lengths[1] = newValue }
  }
  /// Likewise of a user. `user_block`.
  public var userBlock: [UInt64] {
    get { lengths[2] }
    set { lengths[2] = newValue }
  }

  /// The rule that it is judged by.
  public func rule(for subject: Subject) -> Rule { rule(for: subject.kind) }

  /// What says when a subject of that kind is blocked.
  public func rule(for kind: SubjectKind) -> Rule {
    switch kind {
    case .host: hostRule
    case .network: networkRule
    case .user, .home: userRule
    case .caller: callerRule
    }
  }

  /// After how long the attempts of `subject` are forgotten, in seconds.
  public func purge(for subject: Subject) -> UInt32 {
    switch subject.kind {
    case .host: hostPurge
    case .network: networkPurge
    case .user, .home, .caller: userPurge
    }
  }

  /// Whether `subject` is neither counted nor refused.
  public func isAllowed(_ subject: Subject) -> Bool {
    (subject.kind.isOrigin ? hostAllowList : userAllowList).contains(subject)
  }

  /// Whether something is to be run when a block begins or ends.
  public var hasCommands: Bool {
    for kind in SubjectKind.allCases where blockCommand(for: kind) != nil { return true }
    for kind in SubjectKind.allCases where clearCommand(for: kind) != nil { return true }
    return false
  }

  /// What to run when a subject of that kind is blocked. A user at home has none: the user isn't
  /// blocked elsewhere.
  public func blockCommand(for kind: SubjectKind) -> Command? {
    switch kind {
    case .host: hostBlockCommand
    case .network: networkBlockCommand
    case .user: userBlockCommand
    case .home, .caller: nil
    }
  }

  /// What to run when it is clear again.
  public func clearCommand(for kind: SubjectKind) -> Command? {
    switch kind {
    case .host: hostClearCommand
    case .network: networkClearCommand
    case .user: userClearCommand
    case .home, .caller: nil
    }
  }
}
