internal import BlockList
internal import CPAM
internal import Text

/// libpam keeps our `Login` with its handle, and calls us with the verdict.
extension Handle {
  private static var key: UnsafePointer<CChar> {
    let name: StaticString = "abl"
    return unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
  }

  /// What is remembered with this handle; nil if there is nothing.
  var login: Login? {
    var data: UnsafeRawPointer?
    guard unsafe pam_get_data(raw, Self.key, &data) == PAM_SUCCESS, let data = unsafe data else {
      return nil
    }
    return unsafe Unmanaged<Login>.fromOpaque(data).takeUnretainedValue()
  }

  /// Whether an attempt has begun, and its verdict is still to come.
  var isAwaitingVerdict: Bool { unsafe abl_is_armed(raw) != 0 }

  /// Whether that attempt is refused.
  var isRefused: Bool { unsafe abl_is_refused(raw) != 0 }

  /// Whether there is an answer already, which a module in front of us has asked for.
  var hasAnswer: Bool { unsafe abl_has_answer(raw) != 0 }

  /// What a module in front of us has left as the answer; null if answers have passed through us.
  var token: UnsafePointer<CChar>? { unsafe abl_token(raw) }

  /// Has libpam tell `login` its answers and its verdict, and gives the code to go on with.
  ///
  /// Without the hook (it is Linux-PAM's) setcred and the account line have to do.
  func awaitVerdict(of login: Login) -> CInt {
    let data = unsafe Unmanaged.passRetained(login)
    var code = unsafe abl_arm(raw, data.toOpaque())
    if code == PAM_SUCCESS {
      // In place of what was remembered, which is freed.
      code = unsafe pam_set_data(raw, Self.key, data.toOpaque(), forget)
      if code == PAM_SUCCESS { return PAM_IGNORE }
      unsafe abl_disarm(raw)
    }
    unsafe data.release()
    return login.end(self, without: reason(code))
  }

  /// Keeps the answers of an attempt that is refused from all other modules, and gives back `code`.
  func refuse(_ code: CInt) -> CInt {
    let result = unsafe abl_refuse(raw)
    if result != PAM_SUCCESS {
      log(.error, "refused, but other modules may judge what is answered: \(reason(result))")
    }
    return code
  }

  private func reason(_ code: CInt) -> Text {
    guard let text = unsafe pam_strerror(raw, code) else { return "error \(code)" }
    return unsafe Text(cString: text)
  }
}

/// Frees memory, and does nothing else, whatever the status: pam_end lies, and forked children call
/// it too.
@c private func forget(_ pamh: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ status: CInt) {
  if let data = unsafe data { unsafe Unmanaged<Login>.fromOpaque(data).release() }
}
