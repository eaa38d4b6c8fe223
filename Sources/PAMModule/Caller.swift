internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// With whose rights the program runs.
enum Caller {
  /// As root, from the start.
  case root
  /// As root, by a setuid bit: the user that started it may have set its limits so that something
  /// fails.
  case borrowed
  /// As somebody else.
  case ordinary

  static var current: Caller {
    guard geteuid() == 0 else { return .ordinary }
    return getuid() == 0 ? .root : .borrowed
  }

  /// Whether the caller may be the reason why a configuration can't be read.
  ///
  /// One that is missing or that others may write to is the administrator's doing: su must not stop
  /// working for it.
  static func canCause(_ failure: StoreError) -> Bool {
    current == .borrowed && failure.isExhaustion
  }
}

extension Handle {
  /// Decides although the store can't be asked, and says why that is.
  func decide(without error: Text, _ configuration: Configuration) -> CInt {
    switch Caller.current {
    case .ordinary:
      // A screen locker runs as its user, which can't open the store, and must not be locked out.
      // Of a server that judges others an administrator should know.
      log(judgesItself ? .debug : .warning, "not root, letting the stack decide: \(error)")
      return PAM_IGNORE
    case .root: return decide(without: error, configuration.onError)
    case .borrowed: return decide(without: error, .deny)
    }
  }

  private var judgesItself: Bool { unsafe abl_judges_itself(raw) != 0 }

  /// Likewise if it is the configuration that can't be read.
  func decide(withoutConfiguration error: StoreError, _ configuration: Configuration) -> CInt {
    decide(without: error.message, Caller.canCause(error) ? .deny : configuration.onError)
  }

  private func decide(without error: Text, _ onError: ErrorPolicy) -> CInt {
    let isAllowed = onError == .allow
    let what: Text = isAllowed ? "letting the stack decide" : "refusing"
    log(.error, "\(what): \(error)")
    return isAllowed ? PAM_IGNORE : PAM_AUTH_ERR
  }
}
