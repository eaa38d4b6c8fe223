internal import PamAbl
internal import Policy
internal import Upkeep

extension OldRecord {
  /// The record as ours; nil if its name stands for no subject of that kind.
  ///
  /// - Parameter name: of the host or the user, as the old store has it.
  func history(of name: [UInt8], _ kind: Kind) -> ImportedHistory? {
    kind.subject(name).map { history(of: $0, named: name) }
  }
}
