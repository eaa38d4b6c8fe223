internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

extension Handle {
  /// Runs what the administrator wants to be run when a subject becomes blocked, or ceases to be.
  func act(on blockList: BlockList) {
    if let front = blockList.front { act(on: front) }
    for change in blockList.takeChanges() {
      if change.kind == .began, let block = change.block { log(change, block) }
      guard let command = change.command(by: blockList.configuration) else { continue }
      guard command.isAllowed(for: change.subject) else {
        let host = change.subject.text.quoted
        log(.warning, "not running '\(command.text)' for the host \(host): a name is no address")
        continue
      }
      let arguments = change.arguments(of: command)
      if let arguments, Program.start(arguments, seconds: Change.seconds) { continue }
      let why: Text =
        arguments == nil ? "a name would be taken for an option" : "no process to be had"
      log(.error, "cannot run '\(command.text)': \(why)")
    }
  }

  /// A block is told when it begins, not with the first attempt that it refuses.
  private func log(_ change: Change, _ block: Block) {
    let subject: Text = "\(change.subject.kind.text) \(change.subject.text.quoted)"
    let reason: Text = "\(block.ruleText), \(change.failures) attempts on record"
    unsafe subject.withCString { subject in
      unsafe reason.withCString { reason in
        unsafe abl_log_block(raw, subject, Int(block.until.seconds), reason)
      }
    }
  }
}
