import BlockList

extension Change {
  /// Whether the subject is blocked since.
  var isBlocked: Bool { kind != .ended }
}
