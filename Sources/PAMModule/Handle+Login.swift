internal import BlockList
internal import CPAM

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

  /// Whether an attempt was admitted whose verdict is still to come.
  var isAwaitingVerdict: Bool { unsafe abl_is_armed(raw) != 0 }

  /// Remembers `login`, in place of what was remembered, and has libpam tell its verdict; false if
  /// there is no memory.
  ///
  /// Without the hook (it is Linux-PAM's) setcred and the account line have to do.
  func awaitVerdict(of login: Login) -> Bool {
    let data = unsafe Unmanaged.passRetained(login)
    guard unsafe pam_set_data(raw, Self.key, data.toOpaque(), forget) == PAM_SUCCESS else {
      unsafe data.release()
      login.settle(.succeeded, self)
      return false
    }
    _ = unsafe abl_arm(raw, data.toOpaque())
    return true
  }
}

/// Frees memory, and does nothing else, whatever the status: pam_end lies, and forked children call
/// it too.
@c private func forget(_ pamh: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ status: CInt) {
  if let pamh = unsafe pamh { unsafe abl_disarm(pamh) }
  if let data = unsafe data { unsafe Unmanaged<Login>.fromOpaque(data).release() }
}
