public import Text

/// The words that a configuration is made of, in a file as in the arguments of the module.
public enum Key: UInt8, CaseIterable, Sendable {
  case databaseHome, runHome, hostDatabase, userDatabase, databaseModule
  case hostRule, userRule, networkRule, callerRule, hostPurge, userPurge, networkPurge
  case hostPrefix, userKnown, knownPrefix, userCase, userDomain
  case samePassword
  case hostAllowList, userAllowList, limits
  case hostBlock, networkBlock, userBlock
  case hostBlockCommand, hostClearCommand, userBlockCommand, userClearCommand
  case networkBlockCommand, networkClearCommand
  case oldHostBlockCommand, oldHostClearCommand, oldUserBlockCommand, oldUserClearCommand
  case lockTimeout, pendingWait, abandoned, onError, maxSize, socket, config
  case debug, checkUser, checkHost, checkBoth, logUser, logHost, logBoth
  case noWarn, exposeAccount, tryFirstPass, useFirstPass, useMappedPass

  /// The key of that name.
  init?(_ name: ArraySlice<UInt8>) {
    for key in Self.allCases where name.isEqual(to: key.spelling) {
      self = key
      return
    }
    return nil
  }

  /// What stands behind a key.
  private enum Form {
    case value
    /// A program with its arguments.
    case command
    /// Nothing: no `=`, no value.
    case word
    /// Whatever it is, it isn't heeded: another key has replaced this one.
    case replaced(by: Key)
  }

  /// Whether it stands alone, without `=` and a value.
  var isWord: Bool { if case .word = declaration.form { true } else { false } }

  /// Whether its value is a program with its arguments.
  var isCommand: Bool { if case .command = declaration.form { true } else { false } }

  /// The key that replaced this one; nil if it is in use.
  var successor: Key? {
    if case .replaced(let successor) = declaration.form { successor } else { nil }
  }

  /// The key as it is written.
  public var name: Text { Text(stringLiteral: spelling) }

  private var spelling: StaticString { declaration.spelling }

  /// How a key is written, and what stands behind it. Without `default`: a key that is declared
  /// above and not here doesn't compile, nor does one that `Configuration.set` forgets.
  private var declaration: (spelling: StaticString, form: Form) {
    switch self {
    case .databaseHome: ("db_home", .value)
    case .runHome: ("run_home", .value)
    case .hostDatabase: ("host_db", .value)
    case .userDatabase: ("user_db", .value)
    case .databaseModule: ("db_module", .value)
    case .hostRule: ("host_rule", .value)
    case .userRule: ("user_rule", .value)
    case .networkRule: ("network_rule", .value)
    case .callerRule: ("caller_rule", .value)
    case .hostPrefix: ("host_prefix", .value)
    case .userKnown: ("user_known", .value)
    case .knownPrefix: ("known_prefix", .value)
    case .userCase: ("user_case", .value)
    case .userDomain: ("user_domain", .value)
    case .samePassword: ("same_password", .value)
    case .networkPurge: ("network_purge", .value)
    case .hostPurge: ("host_purge", .value)
    case .userPurge: ("user_purge", .value)
    case .hostAllowList: ("host_whitelist", .value)
    case .userAllowList: ("user_whitelist", .value)
    case .limits: ("limits", .value)
    case .hostBlock: ("host_block", .value)
    case .networkBlock: ("network_block", .value)
    case .userBlock: ("user_block", .value)
    case .hostBlockCommand: ("host_block_cmd", .command)
    case .hostClearCommand: ("host_clear_cmd", .command)
    case .userBlockCommand: ("user_block_cmd", .command)
    case .userClearCommand: ("user_clear_cmd", .command)
    case .networkBlockCommand: ("network_block_cmd", .command)
    case .networkClearCommand: ("network_clear_cmd", .command)
    case .oldHostBlockCommand: ("host_blk_cmd", .replaced(by: .hostBlockCommand))
    case .oldHostClearCommand: ("host_clr_cmd", .replaced(by: .hostClearCommand))
    case .oldUserBlockCommand: ("user_blk_cmd", .replaced(by: .userBlockCommand))
    case .oldUserClearCommand: ("user_clr_cmd", .replaced(by: .userClearCommand))
    case .lockTimeout: ("lock_timeout", .value)
    case .pendingWait: ("pending_wait", .value)
    case .abandoned: ("abandoned", .value)
    case .onError: ("on_error", .value)
    case .maxSize: ("max_size", .value)
    case .socket: ("socket", .value)
    case .config: ("config", .value)
    case .debug: ("debug", .word)
    case .checkUser: ("check_user", .word)
    case .checkHost: ("check_host", .word)
    case .checkBoth: ("check_both", .word)
    case .logUser: ("log_user", .word)
    case .logHost: ("log_host", .word)
    case .logBoth: ("log_both", .word)
    case .noWarn: ("no_warn", .word)
    case .exposeAccount: ("expose_account", .word)
    case .tryFirstPass: ("try_first_pass", .word)
    case .useFirstPass: ("use_first_pass", .word)
    case .useMappedPass: ("use_mapped_pass", .word)
    }
  }
}
