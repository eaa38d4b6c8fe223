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
    let now = Timestamp(seconds: Clock.now)
    if let refusal = try blockList.standing(
      of: attempt, using: attempt.service, asking: actions, at: now)
    {
      handle.log(.notice, "refusing \(attempt.text) without a password: \(refusal.message)")
      return PAM_PERM_DENIED
    }
    return PAM_IGNORE
  }
}
