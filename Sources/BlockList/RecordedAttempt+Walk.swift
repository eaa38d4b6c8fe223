package import Policy

extension RecordedAttempt {
  /// What a verdict wants of one.
  package typealias Skimmed = (id: UInt64, guess: Guess, isFailure: Bool)

  /// Calls `body` with each of the attempts of a record; false if what stands there are none.
  ///
  /// It reads each as `skim` does, but where it lies: a login reads the records of networks, which
  /// may have thousands.
  package static func skimAll(_ record: ArraySlice<UInt8>, _ body: (Skimmed) -> Void) -> Bool {
    unsafe record.withUnsafeBytes { bytes in unsafe skimAll(bytes, body) }
  }

  private static func skimAll(_ bytes: UnsafeRawBufferPointer, _ body: (Skimmed) -> Void) -> Bool {
    var offset = 0
    let end = bytes.count
    while offset < end {
      guard end - offset >= 22 else { return false }
      let id = unsafe UInt64(
        bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      let seconds = unsafe Int64(
        bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self))
      let (kind, reason) = unsafe (bytes[offset + 16], bytes[offset + 17])
      guard seconds >= 0, let state = State(rawValue: kind & ~flags),
        Reason(rawValue: reason) != nil
      else { return false }
      offset += kind & hasPort == 0 ? 18 : 20
      var counterpart = 0..<0
      for _ in 0..<2 {
        guard end - offset >= 2 else { return false }
        let count = unsafe Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
        guard end - offset - 2 >= count else { return false }
        counterpart = offset + 2..<offset + 2 + count
        offset = counterpart.upperBound
      }
      // Without the kind of its key.
      let name = min(counterpart.lowerBound + 1, counterpart.upperBound)..<counterpart.upperBound
      let tried = unsafe Tried(
        UnsafeRawBufferPointer(rebasing: bytes[name]), isUnknown: kind & isOfUnknown != 0)
      body((id, Guess(Timestamp(seconds: seconds), tried), state == .failed))
    }
    return true
  }
}
