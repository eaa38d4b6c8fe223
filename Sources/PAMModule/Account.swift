internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

/// One call of pam_sm_acct_mgmt: the optional account line, for logins without a password.
///
/// sshd doesn't run the auth lines for a key, but it runs these. Without words only the host is
/// asked about: a user that strangers have blocked keeps his key and his cron jobs.
struct Account {
  let handle: Handle
  let arguments: [[UInt8]]

  /// PAM_PERM_DENIED if the host (or the user, as the words say) is blocked, else PAM_IGNORE.
  func run() -> CInt {
    // A login that was let on and gave the right password isn't judged again: others' failures may
    // have blocked the host meanwhile.
    guard handle.login?.isIn != true else { return PAM_IGNORE }
    return handle.ask(arguments) { (blockList) throws(StoreError) in
      try check(handle.attempt(by: blockList.configuration), by: blockList)
    }
  }

  private func check(_ attempt: Attempt, by blockList: BlockList) throws(StoreError) -> CInt {
    let words = blockList.configuration.actions
    let actions = words.isEmpty ? Actions.checkHost : words
    var reason: Text?
    do throws(StoreError) {
      let now = Timestamp(seconds: Clock.now)
      reason = try blockList.standing(
        of: attempt, using: attempt.service, asking: actions, at: now)?.message
    } catch {
      reason = try checkAtSocket(attempt, actions, blockList, without: error)
    }
    guard let reason else { return PAM_IGNORE }
    handle.log(.notice, "refusing \(attempt.text) without a password: \(reason)")
    return PAM_PERM_DENIED
  }

  /// A program that is not root asks abld.
  private func checkAtSocket(
    _ attempt: Attempt, _ actions: Actions, _ blockList: BlockList, without error: StoreError
  ) throws(StoreError) -> Text? {
    guard Caller.current == .ordinary else { throw error }
    var ticket = abl_ticket()
    let word = blockList.ask(abl_look, attempt, actions, 0, &ticket)
    if word == abl_fine { return nil }
    guard word == abl_refused else { throw error }
    return "abld says that it is blocked"
  }
}
