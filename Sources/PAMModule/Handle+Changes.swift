internal import BlockList
internal import CPAM
internal import Platform
internal import Policy
internal import Text

extension Handle {
  /// Runs what the administrator wants to be run when a subject becomes blocked, or ceases to be.
  func act(on blockList: BlockList) {
    for change in blockList.takeChanges() {
      guard let command = change.command(by: blockList.configuration) else { continue }
      let arguments = change.arguments(of: command)
      if let arguments, Program.start(arguments, seconds: Change.seconds) { continue }
      let why: Text =
        arguments == nil ? "a name would be taken for an option" : "no process to be had"
      log(.error, "cannot run '\(command.text)': \(why)")
    }
  }
}
