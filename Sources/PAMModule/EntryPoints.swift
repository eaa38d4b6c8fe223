internal import BlockList
public import CPAM

/// Before the password is judged.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func pam_sm_authenticate(
  _ pamh: OpaquePointer!, _ flags: CInt, _ argc: CInt,
  _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> CInt {
  guard let pamh = unsafe pamh else { return PAM_SYSTEM_ERR }
  let words = unsafe arguments(argc, argv)
  return unsafe Authentication(handle: Handle(pamh), arguments: words).run()
}

/// After it was: libpam's verdict on the whole stack, before any delay.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_verdict(
  _ pamh: OpaquePointer!, _ login: UnsafeMutableRawPointer!, _ status: CInt, _ wasLeft: CInt
) {
  guard let pamh = unsafe pamh, let login = unsafe login else { return }
  let known = unsafe Unmanaged<Login>.fromOpaque(login).takeUnretainedValue()
  let outcome: Outcome =
    status == PAM_SUCCESS ? .succeeded : wasLeft != 0 ? .abandoned : .failed
  known.settle(outcome, unsafe Handle(pamh))
}

/// The user has answered a prompt, perhaps after a long time, or is about to be asked for more
/// after he has; 0 if the answer must not be judged, or nothing be asked.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_goes_on(_ pamh: OpaquePointer!, _ login: UnsafeMutableRawPointer!) -> CInt {
  guard let pamh = unsafe pamh, let login = unsafe login else { return 1 }
  let known = unsafe Unmanaged<Login>.fromOpaque(login).takeUnretainedValue()
  return known.mayGoOn(unsafe Handle(pamh)) ? 1 : 0
}

/// The user is let in. It settles what the hook could not, and never says no: sshd takes that for a
/// fatal error.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func pam_sm_setcred(
  _ pamh: OpaquePointer!, _ flags: CInt, _ argc: CInt,
  _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> CInt {
  unsafe settleAsSucceeded(pamh)
}

/// Likewise, for applications that never call setcred; and who came without a password, by a key,
/// is asked about here.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func pam_sm_acct_mgmt(
  _ pamh: OpaquePointer!, _ flags: CInt, _ argc: CInt,
  _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> CInt {
  let code = unsafe settleAsSucceeded(pamh)
  guard let pamh = unsafe pamh else { return code }
  return unsafe Account(handle: Handle(pamh), arguments: arguments(argc, argv)).run()
}

private func settleAsSucceeded(_ pamh: OpaquePointer?) -> CInt {
  guard let pamh = unsafe pamh else { return PAM_IGNORE }
  let handle = unsafe Handle(pamh)
  handle.login?.settle(.succeeded, handle)
  return PAM_IGNORE
}

/// The words behind the module in the stack.
private func arguments(
  _ count: CInt, _ words: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> [[UInt8]] {
  guard count > 0, let words = unsafe words else { return [] }
  let all = unsafe UnsafeBufferPointer(start: words, count: Int(count))
  return unsafe all.map { word in
    guard let word = unsafe word else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
  }
}
