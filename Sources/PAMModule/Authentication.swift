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
    return handle.ask(arguments) { (blockList) throws(StoreError) in
      try admit(handle.attempt, by: blockList)
    }
  }

  private func admit(_ attempt: Attempt, by blockList: BlockList) throws(StoreError) -> CInt {
    switch try blockList.admit(attempt, at: Timestamp(seconds: Clock.now)) {
    case .refused(let refusal):
      handle.log(.notice, "refusing \(attempt.text): \(refusal.message)")
      return PAM_AUTH_ERR
    case .admitted(nil): return PAM_IGNORE
    case .admitted(let reservation?):
      return handle.awaitVerdict(of: Login(blockList, reservation)) ? PAM_IGNORE : PAM_BUF_ERR
    }
  }
}

extension Attempt {
  /// "user 'root' from 192.0.2.7 for sshd"
  var text: Text {
    "user \((user ?? Name("")).escaped.quoted) from \(host?.text ?? "here") for \(service.escaped)"
  }
}
