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
  guard unsafe abl_is_for(pamh, argc, argv) != 0 else { return PAM_IGNORE }
  let words = unsafe arguments(argc, argv)
  return unsafe Authentication(handle: Handle(pamh), arguments: words).run()
}

/// There is an answer, and no other module has it yet: whether it may be judged.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_answer(_ pamh: OpaquePointer!, _ login: UnsafeMutableRawPointer!) -> abl_reply {
  guard let pamh = unsafe pamh, let login = unsafe known(login) else { return abl_hold_back }
  return login.answer(unsafe Handle(pamh))
}

/// An answer is handed on to the other modules; null is one that can't be known.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_note(_ login: UnsafeMutableRawPointer!, _ answer: UnsafePointer<CChar>!) {
  if let login = unsafe known(login) { unsafe login.note(answer) }
}

/// After an answer the user is about to be asked for more; 0 if that must not be.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_ask_more(_ pamh: OpaquePointer!, _ login: UnsafeMutableRawPointer!) -> CInt {
  guard let pamh = unsafe pamh, let login = unsafe known(login) else { return 0 }
  return login.mayAskMore(unsafe Handle(pamh)) ? 1 : 0
}

/// After it was judged: libpam's verdict on the whole stack, before any delay.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func abl_verdict(
  _ pamh: OpaquePointer!, _ login: UnsafeMutableRawPointer!, _ status: CInt,
  _ answers: abl_answers
) {
  guard let pamh = unsafe pamh, let login = unsafe known(login) else { return }
  let handle = unsafe Handle(pamh)
  login.settle(Verdict(status, answers), handle)
  // In sshd a right password may be the first of two methods.
  if !handle.isOfSSH { login.remember(handle) }
}

/// The user is let in. It settles what the hook could not, and never says no: sshd takes that for a
/// fatal error.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func pam_sm_setcred(
  _ pamh: OpaquePointer!, _ flags: CInt, _ argc: CInt,
  _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> CInt {
  let isIn = flags & (CInt(PAM_DELETE_CRED)) == 0
  let code = unsafe settleAsRight(pamh, isIn: isIn)
  guard isIn, let pamh = unsafe pamh, unsafe abl_is_for(pamh, argc, argv) != 0 else { return code }
  let handle = unsafe Handle(pamh)
  if handle.isOfSSH { handle.rememberHome(unsafe arguments(argc, argv)) }
  return code
}

/// Likewise, for applications that never call setcred; and a login without a password, by a key, is
/// judged here.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func pam_sm_acct_mgmt(
  _ pamh: OpaquePointer!, _ flags: CInt, _ argc: CInt,
  _ argv: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> CInt {
  let code = unsafe settleAsRight(pamh, isIn: true)
  guard let pamh = unsafe pamh, unsafe abl_is_for(pamh, argc, argv) != 0 else { return code }
  return unsafe Account(handle: Handle(pamh), arguments: arguments(argc, argv)).run()
}

/// - Parameter isIn: whether the handle has got in by now, perhaps by a key.
private func settleAsRight(_ pamh: OpaquePointer?, isIn: Bool) -> CInt {
  guard let pamh = unsafe pamh else { return PAM_IGNORE }
  let handle = unsafe Handle(pamh)
  guard let login = handle.login else { return PAM_IGNORE }
  login.settle(.right, handle)
  guard isIn, login.hasEmpty else { return PAM_IGNORE }
  if handle.attempt(by: login.blockList.configuration) == login.attempt { login.takeBack(handle) }
  return PAM_IGNORE
}

private func known(_ login: UnsafeMutableRawPointer?) -> Login? {
  guard let login = unsafe login else { return nil }
  return unsafe Unmanaged<Login>.fromOpaque(login).takeUnretainedValue()
}

/// The words behind the module in the stack; empty where one says for which service the line is.
@inline(never)
private func arguments(
  _ count: CInt, _ words: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> [[UInt8]] {
  guard count > 0, let words = unsafe words else { return [] }
  let all = unsafe UnsafeBufferPointer(start: words, count: Int(count))
  return unsafe all.map { word in
    let word = unsafe abl_setting(word).unsafelyUnwrapped
    return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
  }
}
