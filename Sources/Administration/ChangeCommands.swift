package import BlockList
internal import Platform
internal import Policy
internal import Text

extension BlockList {
  /// Runs what the administrator wants to be run for those that have become blocked, or have ceased
  /// to be; nothing waits for it.
  package func runCommands() {
    for (index, change) in takeChanges().enumerated() {
      change.log()
      guard let command = change.command(by: configuration) else { continue }
      // They live for a moment each: an unblock of thousands should not start them all at once.
      if index >= 64 { Clock.pause(microseconds: 5000) }
      guard command.isAllowed(for: change.subject) else {
        let host = String(change.subject.text.quoted)
        complain("not running '\(command.text)' for the host \(host): a name is no address")
        continue
      }
      guard let arguments = change.arguments(of: command) else {
        complain("cannot run '\(command.text)': a name would be taken for an option")
        continue
      }
      if !Program.start(arguments, seconds: Change.seconds) {
        complain("cannot run '\(command.text)': no process to be had")
      }
    }
  }
}
