internal import Platform
internal import Policy

/// What decrees have decided since that was last counted: a file in `run_home`, to which each login
/// that a decree keeps out adds 16 bytes, without a lock and without a sync. A boot forgets it.
extension Home {
  private static var hits: Path { "decree-hits" }
  private static var taken: Path { "decree-hits.taken" }
  static let hitLength = 16
  /// Bytes, for 16 384 hits; what comes then isn't counted until those have been.
  private static let mostHits = 16_384 * hitLength

  /// A verdict that stands is not worth an error: a hit that can't be noted isn't.
  @inline(never)
  func note(hitOf decree: Decree, at now: Timestamp) {
    guard let name = try? Self.hits.tagged(directory),
      let file = try? File(name, in: run, .readWrite, creating: true),
      let status = try? file.status, status.isTrustworthyFile, status.size < Self.mostHits
    else { return }
    try? file.append(decree.number + Bytes.bigEndian(now.seconds))
  }

  /// What was noted, and isn't counted yet; with the lock.
  package func hits() -> [[UInt8]] { hits(in: Self.taken) + hits(in: Self.hits) }

  /// Takes what there is by now out of the way of those that add to it, and says what it is; with
  /// the lock.
  package func takeHits() -> [[UInt8]] {
    if let from = try? Self.hits.tagged(directory), let to = try? Self.taken.tagged(directory),
      (try? run.status(of: to)) == nil
    {
      try? run.rename(from, to: to)
    }
    return hits(in: Self.taken)
  }

  /// What was taken is in the store.
  package func removeHits() {
    if let name = try? Self.taken.tagged(directory) { try? run.remove(name) }
  }

  private func hits(in name: Path) -> [[UInt8]] {
    guard let name = try? name.tagged(directory), let file = try? File(name, in: run, .read),
      let status = try? file.status, status.isTrustworthyFile,
      let bytes = try? file.read(Self.mostHits)
    else { return [] }
    return stride(from: 0, to: bytes.count - bytes.count % Self.hitLength, by: Self.hitLength)
      .map { Array(bytes[$0..<$0 + Self.hitLength]) }
  }
}
