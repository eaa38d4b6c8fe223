internal import Daemon
internal import Text

// The list file for TCP wrappers, beside the kernel's firewall.
extension KernelLayer {
  /// What is to be said of it; nil if there is to be none.
  static func listFile(_ state: PublishedState) -> String? {
    guard !state.listFile.isEmpty else { return nil }
    if !state.listTrouble.isEmpty { return "but the list file isn't right: \(state.listTrouble)" }
    let left = state.listLeftOut > 0 ? " (no room for \(state.listLeftOut))" : ""
    return "the list file has " + counted(state.listed, "host") + left
  }
}

extension String.StringInterpolation {
  fileprivate mutating func appendInterpolation(_ text: Text) { appendInterpolation(String(text)) }
}
