internal import Policy

extension Series {
  /// What a record has of it.
  @inline(never)
  var encoded: [UInt8] {
    var bytes = Bytes.bigEndian(UInt64(count), count: 2)
    for time in [begin, end ?? Timestamp(seconds: 0), endBefore, until, seen] {
      bytes += Bytes.bigEndian(time.seconds)
    }
    return bytes
  }

  /// Reads what a record has of it; nil if that is none.
  @inline(never)
  init?(_ reader: inout Bytes.Reader) {
    guard let count = reader.integer(2), count > 0, let begin = reader.int64(),
      let end = reader.int64(), let endBefore = reader.int64(), let until = reader.int64(),
      let seen = reader.int64()
    else { return nil }
    self.init()
    (self.count, self.begin) = (UInt16(truncatingIfNeeded: count), Timestamp(seconds: begin))
    self.end = end > 0 ? Timestamp(seconds: end) : nil
    (self.endBefore, self.seen) = (Timestamp(seconds: endBefore), Timestamp(seconds: seen))
    self.until = Timestamp(seconds: until)
  }
}
