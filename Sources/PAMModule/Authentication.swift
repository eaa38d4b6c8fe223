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
    guard !handle.isRefused else { return PAM_AUTH_ERR }
    let last = handle.login
    let earlier = handle.isAwaitingVerdict ? last : nil
    let code = handle.ask(arguments) { blockList in
      let attempt = handle.attempt(by: blockList.configuration)
      // A stack that includes another may list the module twice: one pass is one attempt. Of
      // several lines each does what those in front of it don't.
      if earlier?.covers(blockList, attempt) == true { return PAM_IGNORE }
      let login = Login(attempt, blockList, after: last, behind: earlier)
      let code = begin(login)
      if code != PAM_IGNORE { login.drop(handle) }
      return code
    }
    guard code != PAM_IGNORE else { return code }
    earlier?.drop(handle)
    return handle.refuse(code)
  }

  private func begin(_ login: Login) -> CInt {
    do throws(StoreError) {
      if let refusal = try login.begin(handle) {
        handle.log(.notice, "refusing \(login.attempt.text): \(refusal.message)")
        return PAM_AUTH_ERR
      }
    } catch {
      if Caller.current == .ordinary {
        if let code = login.beginAtSocket(handle, without: error) { return code }
      } else {
        let code = login.begin(handle, without: error)
        guard code == PAM_IGNORE else { return code }
      }
    }
    return handle.awaitVerdict(of: login)
  }
}

extension Attempt {
  /// "user 'root' from 192.0.2.7 for sshd"
  var text: Text {
    "user \((user ?? Name("")).escaped.quoted) from \(host?.text ?? "here") for \(service.escaped)"
  }
}
