/// The bytes of one netlink message.
struct Request {
  private(set) var bytes: [UInt8] = []

  /// - Parameters:
  ///   - header: what stands before the attributes, by the kind of the message.
  init(
    _ type: UInt16, _ flags: Flags, sequence: UInt32, header: [UInt8],
    attributes: Attributes = Attributes()
  ) {
    let count = 16 + header.count + attributes.bytes.count
    bytes.reserveCapacity(count)
    bytes.append(native: UInt32(truncatingIfNeeded: count))
    bytes.append(native: type)
    bytes.append(native: flags.union(.request).rawValue)
    bytes.append(native: sequence)
    bytes.append(native: UInt32(0))
    bytes += header
    bytes += attributes.bytes
  }

  /// One of nf_tables, for tables of `inet`.
  init(
    _ message: TableMessage, _ flags: Flags, sequence: UInt32, attributes: Attributes = Attributes()
  ) {
    let type = UInt16(10) << 8 | message.rawValue
    self.init(type, flags, sequence: sequence, header: [1, 0, 0, 0], attributes: attributes)
  }

  /// One of sock_diag(7) about connections of TCP: `inet_diag_req_v2`.
  ///
  /// - Parameters:
  ///   - family: of the addresses, as `AF_INET` is 2.
  ///   - states: a bit for each state of TCP that is meant.
  ///   - identity: ports, addresses, interface and cookie, 48 bytes.
  init(
    _ message: SocketMessage, _ flags: Flags, sequence: UInt32, family: UInt8, states: UInt32,
    identity: some Collection<UInt8>
  ) {
    var header: [UInt8] = [family, 6, 0, 0]
    header.append(native: states)
    self.init(message.rawValue, flags, sequence: sequence, header: header + identity)
  }

  /// The beginning, or the end, of a batch of nf_tables.
  init(batchBoundary type: UInt16, sequence: UInt32) {
    self.init(type, [], sequence: sequence, header: [0, 0, 0, 10])
  }

  struct Flags: OptionSet {
    let rawValue: UInt16
    static let request = Flags(rawValue: 1)
    static let acknowledge = Flags(rawValue: 4)
    static let create = Flags(rawValue: 0x400)
    static let append = Flags(rawValue: 0x800)
    static let dump = Flags(rawValue: 0x300)
  }
}

/// The messages of nf_tables that are used here.
enum TableMessage: UInt16 {
  case newTable = 0
  case getTable = 1
  case deleteTable = 2
  case newChain = 3
  case newRule = 6
  case newSet = 9
  case newElement = 12
  case getElement = 13
  case deleteElement = 14
  case newGeneration = 15
  case getGeneration = 16
  case newObject = 18
  case getObject = 19
}

/// The messages of sock_diag(7) that are used here.
enum SocketMessage: UInt16 {
  case ofFamily = 20
  case destroy = 21
}

/// Messages that take effect together, or not at all.
struct Batch {
  private(set) var bytes: [UInt8]
  /// Of its beginning; errors that concern all of it carry this.
  let first: UInt32
  /// Of its last message.
  private(set) var last: UInt32
  /// Where the last message's flags stand.
  private var lastFlags = 0

  init(sequence: UInt32) {
    (first, last) = (sequence, sequence)
    bytes = Request(batchBoundary: 0x10, sequence: sequence).bytes
  }

  var isEmpty: Bool { first == last }

  mutating func add(
    _ message: TableMessage, _ flags: Request.Flags = [], _ fill: (inout Attributes) -> Void
  ) {
    var attributes = Attributes()
    fill(&attributes)
    last &+= 1
    lastFlags = bytes.count + 6
    bytes += Request(message, flags, sequence: last, attributes: attributes).bytes
  }

  /// All of it, with the wish for an answer on the last message: Linux 6.1 gives none to the end.
  var sent: [UInt8] {
    var sent = bytes
    let low = lastFlags + (UInt16(1).bigEndian == 1 ? 1 : 0)
    sent[low] |= UInt8(Request.Flags.acknowledge.rawValue)
    return sent + Request(batchBoundary: 0x11, sequence: last &+ 1).bytes
  }
}
