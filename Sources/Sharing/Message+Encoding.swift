internal import Policy

extension Message {
  /// The message as it is sent.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .live(let live):
      bytes.append(
        header: .live, live.stamp, flags: 0, live.first, count: live.records.count, base: 0)
      for record in live.records { bytes.append(record) }
    case .head(let head): bytes.append(head)
    case .state(let document):
      bytes.append(
        header: .state, document.stamp, flags: UInt16(document.shard), document.version,
        count: document.records.count, base: 0)
      for record in document.records { bytes.append(record) }
    case .orders(let document): bytes.append(document)
    case .counts(let counts): bytes.append(counts)
    }
    return bytes
  }

  /// The number of each type of message.
  enum Code: UInt8 {
    case live = 1
    case head = 2
    case state = 3
    case orders = 4
    case counts = 5
  }

  /// Of the layout; others are refused.
  static let version: UInt8 = 1
}

extension [UInt8] {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    var shift = value.bitWidth
    while shift > 0 {
      shift -= 8
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  fileprivate mutating func append(
    header code: Message.Code, _ stamp: Stamp, flags: UInt16, _ sequence: UInt64, count: Int,
    base: UInt64
  ) {
    self += [Message.version, code.rawValue]
    append(bigEndian: flags)
    append(bigEndian: stamp.sent)
    append(bigEndian: stamp.epoch)
    append(bigEndian: sequence)
    append(bigEndian: UInt32(count))
    append(bigEndian: base)
    append(UInt8(stamp.origin.bytes.count))
    self += stamp.origin.bytes
  }

  fileprivate mutating func append(_ head: Head) {
    append(
      header: .head, head.stamp, flags: 0, head.last, count: head.tail.count, base: head.base)
    for version in head.versions { append(bigEndian: version) }
    let release = head.release.prefix(Head.longestRelease)
    append(UInt8(release.count))
    self += release
    let applied = head.applied.prefix(Head.mostApplied)
    append(UInt8(applied.count))
    for id in applied { append(bigEndian: id) }
    for record in head.tail { append(record) }
  }

  fileprivate mutating func append(_ document: OrderDocument) {
    append(
      header: .orders, document.stamp, flags: 0, document.sequence, count: document.orders.count,
      base: 0)
    for order in document.orders {
      append(bigEndian: UInt16(truncatingIfNeeded: order.count))
      self += order
    }
  }

  fileprivate mutating func append(_ message: CountMessage) {
    append(
      header: .counts, message.stamp, flags: 0, message.sequence, count: message.records.count,
      base: 0)
    let newest = message.stamp.sent / BucketCounts.seconds
    for record in message.records {
      append(CountRecord.kind | (record.prefix.isV6 ? 0x80 : 0))
      append(record.prefix.length)
      append(bigEndian: UInt16(record.counts.buckets.count))
      self += record.prefix.address.octets
      for bucket in record.counts.buckets {
        append(bigEndian: UInt16(truncatingIfNeeded: newest &- bucket.number))
        append(bigEndian: bucket.failures)
      }
    }
  }

  fileprivate mutating func append(_ record: Record) {
    append(record.kind.rawValue | (record.prefix.isV6 ? 0x80 : 0))
    append(record.prefix.length)
    append(bigEndian: record.failures)
    append(bigEndian: record.made)
    append(bigEndian: record.until)
    self += record.prefix.address.octets
  }
}
