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
  // These take no value.
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

  /// Whether it stands alone, without `=` and a value.
  var isWord: Bool { rawValue >= Key.debug.rawValue }

  /// Whether its value is a program with its arguments.
  var isCommand: Bool {
    Key.hostBlockCommand.rawValue...Key.networkClearCommand.rawValue ~= rawValue
  }

  /// The key that replaced this one; nil if it is in use.
  var successor: Key? {
    switch self {
    case .oldHostBlockCommand: .hostBlockCommand
    case .oldHostClearCommand: .hostClearCommand
    case .oldUserBlockCommand: .userBlockCommand
    case .oldUserClearCommand: .userClearCommand
    default: nil
    }
  }

  /// The key as it is written.
  public var name: Text { Text(stringLiteral: spelling) }

  private var spelling: StaticString {
    switch self {
    case .databaseHome: "db_home"
    case .runHome: "run_home"
    case .hostDatabase: "host_db"
    case .userDatabase: "user_db"
    case .databaseModule: "db_module"
    case .hostRule: "host_rule"
    case .userRule: "user_rule"
    case .networkRule: "network_rule"
    case .callerRule: "caller_rule"
    case .hostPrefix: "host_prefix"
    case .userKnown: "user_known"
    case .knownPrefix: "known_prefix"
    case .userCase: "user_case"
    case .userDomain: "user_domain"
    case .samePassword: "same_password"
    case .networkPurge: "network_purge"
    case .hostPurge: "host_purge"
    case .userPurge: "user_purge"
    case .hostAllowList: "host_whitelist"
    case .userAllowList: "user_whitelist"
    case .limits: "limits"
    case .hostBlock: "host_block"
    case .networkBlock: "network_block"
    case .userBlock: "user_block"
    case .hostBlockCommand: "host_block_cmd"
    case .hostClearCommand: "host_clear_cmd"
    case .userBlockCommand: "user_block_cmd"
    case .userClearCommand: "user_clear_cmd"
    case .networkBlockCommand: "network_block_cmd"
    case .networkClearCommand: "network_clear_cmd"
    case .oldHostBlockCommand: "host_blk_cmd"
    case .oldHostClearCommand: "host_clr_cmd"
    case .oldUserBlockCommand: "user_blk_cmd"
    case .oldUserClearCommand: "user_clr_cmd"
    case .lockTimeout: "lock_timeout"
    case .pendingWait: "pending_wait"
    case .abandoned: "abandoned"
    case .onError: "on_error"
    case .maxSize: "max_size"
    case .socket: "socket"
    case .config: "config"
    case .debug: "debug"
    case .checkUser: "check_user"
    case .checkHost: "check_host"
    case .checkBoth: "check_both"
    case .logUser: "log_user"
    case .logHost: "log_host"
    case .logBoth: "log_both"
    case .noWarn: "no_warn"
    case .exposeAccount: "expose_account"
    case .tryFirstPass: "try_first_pass"
    case .useFirstPass: "use_first_pass"
    case .useMappedPass: "use_mapped_pass"
    }
  }
}
