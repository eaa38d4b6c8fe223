internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// A user that was let in is known where the login came from.
extension Login {
  /// Remembers that, if the attempt was let on and turned out right.
  func remember(_ handle: Handle) {
    other?.remember(handle)
    if isIn { handle.remember(attempt, blockList) }
  }
}

extension Handle {
  /// Whether this is sshd, which lets a user in at setcred, whatever the methods were: one of them
  /// may be judged in another process, and tells this one nothing.
  var isOfSSH: Bool {
    let connection = unsafe pam_getenv(raw, "SSH_CONNECTION")
    let service = unsafe abl_item(raw, PAM_SERVICE)
    if unsafe connection != nil { return true }
    guard let service = unsafe service else { return false }
    return unsafe Text(cString: service) == "sshd"
  }

  /// sshd lets the user in. Unless the last attempt at a password was wrong, it is remembered from
  /// where.
  func rememberHome(_ arguments: [[UInt8]]) {
    if let login { return login.remember(self) }
    let loaded = LoadedConfiguration(arguments: arguments)
    guard loaded.failure == nil else { return }
    remember(attempt(by: loaded.configuration), BlockList(loaded.configuration))
  }

  fileprivate func remember(_ attempt: Attempt, _ blockList: BlockList) {
    guard blockList.configuration.userKnown > 0, Caller.current != .ordinary else { return }
    do throws(StoreError) {
      try blockList.remember(attempt, at: Timestamp(seconds: Clock.now))
    } catch { log(.debug, "cannot remember where the user is known: \(error.message)") }
  }
}
