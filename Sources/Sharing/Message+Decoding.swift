internal import Policy

/// Why a message is refused.
public enum MessageError: String, Error, Hashable, Sendable, CaseIterable {
  case tooLong = "longer than a message may be"
  case cutShort = "cut short"
  case leftOver = "has more bytes than it says"
  case unknownVersion = "of a version that is not known here"
  case unknownType = "of a type that is not known here"
  case otherTopic = "not what its topic is for"
  case otherOrigin = "under the topic of another machine"
  case badOrigin = "its machine has no valid name"
  case badCount = "has another number of records than it may have"
  case badSequence = "its numbers contradict each other"
  case badKind = "has a record of an unknown kind"
  case badPrefix = "has a prefix that is none"
  case endless = "has a block without an end"
  case otherShard = "has a record of another document"
  case doubled = "has a record twice"
}

extension Message {
  /// Reads what stood under `topic`, and refuses all that `encoded` wouldn't make.
  public init(decoding bytes: [UInt8], under topic: Topic) throws(MessageError) {
    guard bytes.count <= Message.longest else { throw .tooLong }
    var reader = MessageReader(bytes)
    let header = try reader.header()
    guard header.stamp.origin == topic.origin else { throw .otherOrigin }
    // Lists of this machine are called so, and nothing that comes from elsewhere.
    guard !topic.origin.isList else { throw .badOrigin }
    switch header.code {
    case .live: self = .live(try reader.live(header))
    case .head: self = .head(try reader.head(header))
    case .state: self = .state(try reader.state(header))
    case .orders: self = .orders(try reader.orders(header))
    case .counts: self = .counts(try reader.counts(header))
    }
    guard self.topic == topic else { throw .otherTopic }
    guard reader.rest == 0 else { throw .leftOver }
  }
}

/// The fields of the header.
private struct Header {
  var code: Message.Code
  var flags: UInt16
  var stamp: Stamp
  var sequence: UInt64
  var count: Int
  var base: UInt64
}

/// Reads a message from its first byte to its last.
private struct MessageReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var rest: Int { bytes.count - position }

  mutating func header() throws(MessageError) -> Header {
    guard try number(UInt8.self) == Message.version else { throw .unknownVersion }
    guard let code = Message.Code(rawValue: try number()) else { throw .unknownType }
    let flags: UInt16 = try number()
    let sent: UInt32 = try number()
    let epoch: UInt64 = try number()
    let sequence: UInt64 = try number()
    let count: UInt32 = try number()
    let base: UInt64 = try number()
    guard let origin = Origin(try take(Int(try number(UInt8.self)))) else { throw .badOrigin }
    return Header(
      code: code, flags: flags, stamp: Stamp(origin, epoch: epoch, sent: sent),
      sequence: sequence, count: Int(count), base: base)
  }

  mutating func live(_ header: Header) throws(MessageError) -> Live {
    guard header.flags == 0, header.base == 0, header.sequence > 0 else { throw .badSequence }
    let (_, overflow) = header.sequence.addingReportingOverflow(UInt64(header.count))
    guard !overflow else { throw .badSequence }
    return Live(header.stamp, first: header.sequence, try records(header.count))
  }

  mutating func head(_ header: Header) throws(MessageError) -> Head {
    guard header.flags == 0, header.base <= header.sequence, header.sequence < .max,
      header.sequence - header.base == UInt64(header.count)
    else { throw .badSequence }
    var versions: [UInt64] = []
    for _ in 0..<Topic.shards { versions.append(try number()) }
    guard versions.allSatisfy({ $0 <= header.base }) else { throw .badSequence }
    let length: UInt8 = try number()
    guard length <= Head.longestRelease else { throw .badCount }
    let release = Array(try take(Int(length)))
    var applied: [UInt64] = []
    for _ in 0..<(try number(UInt8.self)) { applied.append(try number()) }
    var head = Head(
      header.stamp, base: header.base, versions: versions, tail: try records(header.count))
    (head.release, head.applied) = (release, applied)
    return head
  }

  mutating func state(_ header: Header) throws(MessageError) -> ShardDocument {
    guard header.base == 0, header.sequence < .max else { throw .badSequence }
    guard header.flags < Topic.shards else { throw .otherTopic }
    let records = try records(header.count)
    var seen: Set<Prefix> = []
    for record in records {
      guard record.kind == .block else { throw .badKind }
      guard record.prefix.shard == header.flags else { throw .otherShard }
      guard seen.insert(record.prefix).inserted else { throw .doubled }
    }
    return ShardDocument(
      header.stamp, shard: UInt8(header.flags), version: header.sequence, records)
  }

  mutating func orders(_ header: Header) throws(MessageError) -> OrderDocument {
    guard header.flags == 0, header.base == 0 else { throw .badSequence }
    // An order is one byte at least, with two for its length.
    guard header.count <= rest / 3 else { throw .badCount }
    var orders: [[UInt8]] = []
    for _ in 0..<header.count {
      let length: UInt16 = try number()
      guard length > 0 else { throw .badCount }
      orders.append(Array(try take(Int(length))))
    }
    return OrderDocument(header.stamp, sequence: header.sequence, orders)
  }

  mutating func counts(_ header: Header) throws(MessageError) -> CountMessage {
    guard header.flags == 0, header.base == 0, header.sequence > 0 else { throw .badSequence }
    guard header.count <= rest / 8 else { throw .badCount }
    var (records, seen): ([CountRecord], Set<Prefix>) = ([], [])
    for _ in 0..<header.count {
      let record = try countRecord(sent: header.stamp.sent)
      guard seen.insert(record.prefix).inserted else { throw .doubled }
      records.append(record)
    }
    return CountMessage(header.stamp, sequence: header.sequence, records)
  }

  private mutating func countRecord(sent: UInt32) throws(MessageError) -> CountRecord {
    let first: UInt8 = try number()
    guard first & 0x7F == CountRecord.kind else { throw .badKind }
    let length: UInt8 = try number()
    let count: UInt16 = try number()
    guard count <= BucketCounts.most else { throw .badCount }
    let prefix = try prefix(isV6: first & 0x80 != 0, length: length)
    let newest = sent / BucketCounts.seconds
    var buckets: [BucketCounts.Bucket] = []
    for _ in 0..<count {
      let age: UInt16 = try number()
      guard age < BucketCounts.most, age <= newest else { throw .badSequence }
      buckets.append(.init(newest - UInt32(age), failures: try number()))
    }
    guard let counts = BucketCounts(buckets) else { throw .badSequence }
    return CountRecord(prefix, counts)
  }

  private mutating func records(_ count: Int) throws(MessageError) -> [Record] {
    guard count <= rest / 16 else { throw .badCount }
    var records: [Record] = []
    records.reserveCapacity(count)
    for _ in 0..<count { records.append(try record()) }
    return records
  }

  private mutating func record() throws(MessageError) -> Record {
    let first: UInt8 = try number()
    guard let kind = Record.Kind(rawValue: first & 0x7F) else { throw .badKind }
    let length: UInt8 = try number()
    let failures: UInt16 = try number()
    let made: UInt32 = try number()
    let until: UInt32 = try number()
    let prefix = try prefix(isV6: first & 0x80 != 0, length: length)
    guard until > 0 || kind == .withdrawn else { throw .endless }
    return Record(kind, prefix, failures: failures, made: made, until: until)
  }

  private mutating func prefix(isV6: Bool, length: UInt8) throws(MessageError) -> Prefix {
    let octets = try take(isV6 ? 16 : 4)
    // An IPv4 address within IPv6 comes back shorter, and host bits come back as zeros.
    guard let address = HostAddress(octets: octets), address.octets.count == octets.count,
      let prefix = Prefix(address, length: length), prefix.address == address
    else { throw .badPrefix }
    return prefix
  }

  private mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self
  ) throws(MessageError) -> Number {
    var value: UInt64 = 0
    for byte in try take(Number.bitWidth / 8) { value = value << 8 | UInt64(byte) }
    return Number(truncatingIfNeeded: value)
  }

  private mutating func take(_ count: Int) throws(MessageError) -> ArraySlice<UInt8> {
    guard count <= rest else { throw .cutShort }
    defer { position += count }
    return bytes[position..<(position + count)]
  }
}
