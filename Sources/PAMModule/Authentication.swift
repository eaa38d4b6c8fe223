internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// One call of pam_sm_authenticate.
struct Authentication {
  let handle: Handle
  let arguments: [[UInt8]]

  /// The code for libpam: PAM_IGNORE to let the rest of the stack judge the password, or
  /// PAM_AUTH_ERR.
  ///
  /// Never PAM_SUCCESS: in a stack that has only "sufficient" lines behind us it would let a wrong
  /// password in.
  func run() -> CInt {
    // A stack that includes another may list the module twice: one pass is one attempt.
    guard !handle.isAwaitingVerdict else { return PAM_IGNORE }
    let loaded = LoadedConfiguration(arguments: arguments)
    handle.log(loaded.diagnostics)
    if let failure = loaded.failure {
      let onError = Caller.canCause(failure) ? ErrorPolicy.deny : loaded.configuration.onError
      return decideWithout(failure, onError)
    }
    return admit(handle.attempt, by: loaded.configuration)
  }

  private func admit(_ attempt: Attempt, by configuration: Configuration) -> CInt {
    let blockList = BlockList(configuration) { handle.log(.error, $0) }
    do throws(StoreError) {
      switch try blockList.admit(attempt, at: Timestamp(seconds: Clock.now)) {
      case .refused(let refusal):
        handle.log(.notice, "refusing \(attempt.text): \(refusal.message)")
        return PAM_AUTH_ERR
      case .admitted(nil): return PAM_IGNORE
      case .admitted(let reservation?):
        return handle.awaitVerdict(of: Login(blockList, reservation)) ? PAM_IGNORE : PAM_BUF_ERR
      }
    } catch {
      return decideWithout(error, Caller.current == .borrowed ? .deny : configuration.onError)
    }
  }

  /// Decides although the store can't be asked.
  private func decideWithout(_ error: StoreError, _ onError: ErrorPolicy) -> CInt {
    if Caller.current == .ordinary {
      // A screen locker runs as its user, who can't open the store, and must not be locked out.
      handle.log(.debug, "not root, letting the stack decide: \(error.message)")
      return PAM_IGNORE
    }
    switch onError {
    case .allow:
      handle.log(.error, "letting the stack decide: \(error.message)")
      return PAM_IGNORE
    case .deny:
      handle.log(.error, "refusing: \(error.message)")
      return PAM_AUTH_ERR
    }
  }
}

extension Attempt {
  /// "user 'root' from 192.0.2.7 for sshd"
  fileprivate var text: Text {
    "user '\((user ?? Name("")).escaped)' from \(host?.text ?? "here") for \(service.escaped)"
  }
}

/// With whose rights the program runs.
enum Caller {
  /// As root, from the start.
  case root
  /// As root, by a setuid bit: whoever started it may have prepared its limits so that something
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
    guard current == .borrowed, case .system(let error) = failure else { return false }
    return error.isExhaustion
  }
}
