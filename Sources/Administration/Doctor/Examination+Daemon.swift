internal import Daemon
internal import Text

/// Whether blocks reach the kernel, where they have been meant to.
extension Examination {
  /// Nothing of a system that doesn't run, and of one on which abld never ran.
  func daemon() -> [Finding] {
    guard files.isHere else { return [] }
    let kernel = KernelLayer()
    switch kernel.presence {
    case .absent: return []
    case .ended:
      let text = "abld has run since the boot, and doesn't any more: blocks don't reach the kernel"
      return [Finding(.doubt, .daemon, text, "start it: systemctl start abld")]
    case .running(let state):
      let isInOrder =
        state.trouble.isEmpty && state.storeTrouble.isEmpty && state.listTrouble.isEmpty
      guard !isInOrder else { return [] }
      return [Finding(.doubt, .daemon, kernel.sentence, "its log says more; see docs/abld.md")]
    }
  }
}
