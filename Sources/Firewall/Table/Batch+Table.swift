internal import Text

// The table, its sets, chains and rules:
//
//     incoming    prerouting, before connection tracking: all that isn't the begin of a TCP connection goes on
//     check4/6    allowed: goes on; blocked: refuse4/6; too many connections: limit4/6
//     refuse4/6   a line in the log, not too often; counted; dropped
extension Batch {
  /// Removes the table, whether or not it is there.
  mutating func removeTable() {
    addTable()
    add(.deleteTable) { $0.put(1, TableName.table) }
  }

  /// Makes it anew, without a block.
  mutating func makeTable(_ layout: Layout) {
    addTable()
    for isIPv6 in [false, true] {
      addCounters(isIPv6, layout)
      addSets(isIPv6, layout)
    }
    if layout.rate != nil { addRatePorts(layout) }
    for isIPv6 in [false, true] {
      addRefusal(isIPv6, layout)
      addChecks(isIPv6, layout)
    }
    addEntry()
  }

  private mutating func addTable() {
    add(.newTable, .create) {
      $0.put(1, TableName.table)
      $0.put(2, UInt32(0))
      $0.put(6, Self.comment)
    }
  }

  /// As nft notes a comment: a type, a length, and a text.
  private static let comment: [UInt8] = {
    let text = Text("made by abld, which undoes changes").bytes + [0]
    return [0, UInt8(truncatingIfNeeded: text.count)] + text
  }()

  // MARK: Sets and counters

  private mutating func addCounters(_ isIPv6: Bool, _ layout: Layout) {
    addCounter(TableName.dropped(isIPv6: isIPv6))
    if layout.rate != nil { addCounter(TableName.limited(isIPv6: isIPv6)) }
  }

  private mutating func addCounter(_ name: Text) {
    add(.newObject, .create) {
      $0.put(1, TableName.table)
      $0.put(2, name)
      $0.put(3, UInt32(1))
      $0.nest(4) { _ in }
    }
  }

  private mutating func addSets(_ isIPv6: Bool, _ layout: Layout) {
    let address = SetKey.address(isIPv6: isIPv6)
    for length in layout.lengths(isIPv6: isIPv6) {
      let ports = Prefix.set("port", isIPv6: isIPv6, length)
      addSet(ports, .addressAndPort(isIPv6: isIPv6), flags: 0x10, size: layout.setSize)
      let all = Prefix.set("all", isIPv6: isIPv6, length)
      addSet(all, address, flags: 0x10, size: layout.setSize)
    }
    let allowed = layout.allowed.filter { $0.isIPv6 == isIPv6 }
    for (length, prefixes) in Dictionary(grouping: allowed, by: { $0.length }) {
      let set = Prefix.set("allow", isIPv6: isIPv6, length)
      addSet(set, address, flags: 0, size: UInt32(truncatingIfNeeded: prefixes.count))
      addKeys(prefixes.map { $0.octets }, to: set)
    }
    guard layout.rate != nil else { return }
    addSet(TableName.rateSet(isIPv6: isIPv6), address, flags: 0x30, size: 65_536)
  }

  private mutating func addRatePorts(_ layout: Layout) {
    addSet(TableName.ratePorts, .port, flags: 0, size: 65_536)
    addKeys(layout.ratePorts.map { $0.octets }, to: TableName.ratePorts)
  }

  private mutating func addSet(_ name: Text, _ key: SetKey, flags: UInt32, size: UInt32) {
    let number = last &+ 1
    add(.newSet, .create) {
      $0.put(1, TableName.table)
      $0.put(2, name)
      $0.put(3, flags)
      $0.put(4, key.type)
      $0.put(5, key.length)
      $0.nest(9) { $0.put(1, max(size, 1)) }
      $0.put(10, number)
    }
  }

  /// At most a thousand in a message, for an attribute ends at 65 535 bytes.
  private mutating func addKeys(_ keys: [[UInt8]], to set: Text) {
    for start in stride(from: 0, to: keys.count, by: 1000) {
      add(.newElement, .create) {
        $0.put(1, TableName.table)
        $0.put(2, set)
        $0.nest(3) {
          for key in keys[start...].prefix(1000) { $0.nest(1) { $0.nest(1) { $0.put(1, key) } } }
        }
      }
    }
  }

  // MARK: Chains and rules

  private mutating func addChain(_ name: Text) {
    add(.newChain, .create) {
      $0.put(1, TableName.table)
      $0.put(3, name)
    }
  }

  /// Adds a rule to a chain that has one family's TCP only. It asks for both once more, so that nft can
  /// tell what the bytes are: else it prints what it doesn't read back, and a saved listing is of no use.
  private mutating func addRule(_ chain: Text, _ isIPv6: Bool, _ expressions: [Expression]) {
    addRule(chain, Self.family(isIPv6) + [.meta(16), .compare([6])] + expressions)
  }

  private static func family(_ isIPv6: Bool) -> [Expression] {
    [.meta(15), .compare([isIPv6 ? 10 : 2])]
  }

  private mutating func addRule(_ chain: Text, _ expressions: [Expression]) {
    add(.newRule, [.create, .append]) {
      $0.put(1, TableName.table)
      $0.put(2, chain)
      $0.nest(4) {
        for expression in expressions {
          $0.nest(1) {
            $0.put(1, expression.name)
            $0.put(2 | 0x8000, expression.attributes.bytes)
          }
        }
      }
    }
  }

  private mutating func addRefusal(_ isIPv6: Bool, _ layout: Layout) {
    let chain = TableName.refuse(isIPv6: isIPv6)
    addChain(chain)
    if let log = layout.log { addRule(chain, [.limit(log), .log("abl: dropped ")]) }
    addRule(chain, [.count(TableName.dropped(isIPv6: isIPv6)), .drop])
  }

  private mutating func addChecks(_ isIPv6: Bool, _ layout: Layout) {
    let chain = TableName.check(isIPv6: isIPv6)
    addChain(chain)
    let allowed = layout.allowed.filter { $0.isIPv6 == isIPv6 }
    for length in Set(allowed.map { $0.length }).sorted(by: >) {
      let set = Prefix.set("allow", isIPv6: isIPv6, length)
      addRule(chain, isIPv6, masked(isIPv6, length) + [.lookup(set), .accept])
    }
    for length in layout.lengths(isIPv6: isIPv6) { addBlockRules(chain, isIPv6, length) }
    if let rate = layout.rate { addRateRule(chain, isIPv6, rate) }
  }

  /// All ports, then the one that it is for, which stands behind the address.
  private mutating func addBlockRules(_ chain: Text, _ isIPv6: Bool, _ length: UInt8) {
    let source = masked(isIPv6, length)
    let refusal = Expression.go(to: TableName.refuse(isIPv6: isIPv6))
    let all = Prefix.set("all", isIPv6: isIPv6, length)
    addRule(chain, isIPv6, source + [.lookup(all), refusal])
    let behind = Expression.register + (isIPv6 ? 4 : 1)
    let port = Expression.payload(.transport, offset: 2, count: 2, into: behind)
    let set = Prefix.set("port", isIPv6: isIPv6, length)
    addRule(chain, isIPv6, source + [port, .lookup(set), refusal])
  }

  private mutating func addRateRule(_ chain: Text, _ isIPv6: Bool, _ rate: PacketRate) {
    let port = Expression.payload(.transport, offset: 2, count: 2)
    let meter = Expression.meter(TableName.rateSet(isIPv6: isIPv6), over: rate)
    let drop = [Expression.count(TableName.limited(isIPv6: isIPv6)), .drop]
    // An IPv6 customer has a /64.
    let source = masked(isIPv6, isIPv6 ? 64 : 32)
    addRule(
      chain, isIPv6, [port, .lookup(TableName.ratePorts)] + source + [meter] + drop)
  }

  /// Where the packet comes from, as much of it as the mask keeps.
  private func masked(_ isIPv6: Bool, _ length: UInt8) -> [Expression] {
    let source = Expression.payload(
      .network, offset: isIPv6 ? 8 : 12, count: isIPv6 ? 16 : 4)
    let isWhole = length == (isIPv6 ? 128 : 32)
    return isWhole ? [source] : [source, .and(Prefix.mask(isIPv6: isIPv6, length: length))]
  }

  /// All that isn't the first packet of a TCP connection goes on, ICMPv6 and DNS among it.
  private mutating func addEntry() {
    add(.newChain, .create) {
      $0.put(1, TableName.table)
      $0.put(3, TableName.entry)
      $0.nest(4) {
        $0.put(1, UInt32(0))
        $0.put(2, UInt32(bitPattern: -300))
      }
      $0.put(5, UInt32(1))
      $0.put(7, "filter" as Text)
    }
    // Of FIN, SYN, RST and ACK, SYN alone.
    let begin: [Expression] = [
      .meta(16), .compare([6]),
      .payload(.transport, offset: 13, count: 1), .and([0x17]), .compare([0x02]),
    ]
    for isIPv6 in [false, true] {
      let check = Expression.go(to: TableName.check(isIPv6: isIPv6))
      addRule(TableName.entry, Self.family(isIPv6) + begin + [check])
    }
  }
}

/// What a set has for its keys; the numbers of the types are those by which nft prints them.
private enum SetKey {
  case addressAndPort(isIPv6: Bool)
  case address(isIPv6: Bool)
  case port

  var type: UInt32 {
    switch self {
    case .addressAndPort(let isIPv6): (isIPv6 ? 8 : 7) << 6 | 13
    case .address(let isIPv6): isIPv6 ? 8 : 7
    case .port: 13
    }
  }

  var length: UInt32 {
    switch self {
    case .addressAndPort(let isIPv6): isIPv6 ? 20 : 8
    case .address(let isIPv6): isIPv6 ? 16 : 4
    case .port: 2
    }
  }
}
