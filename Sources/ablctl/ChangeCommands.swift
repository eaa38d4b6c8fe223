internal import BlockList
internal import Platform
internal import Policy

extension BlockList {
  /// Runs what the administrator wants to be run for those who have become blocked, or have ceased
  /// to be; nothing waits for it.
  func runCommands() {
    for (index, change) in takeChanges().enumerated() {
      guard let command = change.command(by: configuration) else { continue }
      // They live for a moment each: who forgives thousands should not start them all at once.
      if index >= 64 { Clock.pause(microseconds: 5000) }
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
