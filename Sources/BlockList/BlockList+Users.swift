internal import Platform
package import Policy

extension BlockList {
  /// Whether there is no such user as `attempt` is at, where a rule asks; else false.
  ///
  /// - Parameter told: what the application or the stack has told of it; nil has this machine's own
  ///   files looked into, and a user that can't be looked up there exists.
  package func isUnknownUser(_ attempt: Attempt, told: Bool? = nil) -> Bool {
    guard configuration.hostRule.asksForUnknown || configuration.networkRule.asksForUnknown,
      attempt.host != nil, let user = attempt.user, let typed = attempt.typed
    else { return false }
    // sshd that lets no root in says the same of root as of a user that doesn't exist.
    guard user != "root" else { return false }
    return told ?? LocalUsers.lack(typed.bytes)
  }
}

extension Attempt {
  func tried(isUnknown: Bool?) -> Tried { Tried((user?.bytes ?? [])[...], isUnknown: isUnknown) }
}

extension InFlight {
  /// The same, once it is known whether its user exists.
  func resolved(isUnknownUser: Bool) -> InFlight {
    InFlight(
      slot: slot, control: control, id: id, time: time, owner: owner, state: state, kind: kind,
      attempt: attempt, subjects: subjects, isUnknownUser: isUnknownUser)
  }
}
