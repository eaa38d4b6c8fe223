internal import CLinux
internal import Policy
internal import Text

extension KernelTable {
  /// The number of the last change of any table. Which process made it is told by `TableWatch`.
  public func generation() throws(FirewallError) -> UInt32 {
    var found: UInt32?
    let sequence = socket.nextSequence()
    let request = Request(.getGeneration, .acknowledge, sequence: sequence)
    try socket.ask(request, sequence: sequence, "ask for the generation") { reply in
      found = UInt32(truncatingIfNeeded: reply.attributes()[1]?.number ?? 0)
    }
    guard let found else { throw FirewallError("ask for the generation", EPROTO) }
    return found
  }

  /// Whether the kernel has `element`; it is asked for that one alone, which costs a few microseconds.
  public func holds(_ element: Element) throws(FirewallError) -> Bool {
    var attributes = Attributes()
    attributes.put(1, TableName.table)
    attributes.put(2, element.set)
    attributes.nest(3) { $0.put(element, timeout: nil) }
    return try isThere(.getElement, attributes)
  }

  /// How long the kernel will go on to hold `element`, in milliseconds; nil if it doesn't.
  public func remaining(_ element: Element) throws(FirewallError) -> UInt64? {
    var attributes = Attributes()
    attributes.put(1, TableName.table)
    attributes.put(2, element.set)
    attributes.nest(3) { $0.put(element, timeout: nil) }
    var remaining: UInt64?
    _ = try isThere(.getElement, attributes) { reply in
      let elements = reply.attributes()[3]?.attributes ?? [:]
      let expiration = elements[1]?.attributes[5] ?? []
      remaining = expiration.number
    }
    return remaining
  }

  /// Whether there is such a table at all.
  public func isThere() throws(FirewallError) -> Bool {
    var attributes = Attributes()
    attributes.put(1, TableName.table)
    return try isThere(.getTable, attributes)
  }

  /// How many packets were dropped, of either kind; nil if the table isn't there.
  public func dropped() throws(FirewallError) -> UInt64? {
    var sum: UInt64 = 0
    for isIPv6 in [false, true] {
      var attributes = Attributes()
      attributes.put(1, TableName.table)
      attributes.put(2, TableName.dropped(isIPv6: isIPv6))
      attributes.put(3, UInt32(1))
      let isThere = try isThere(.getObject, attributes) { reply in
        sum &+= reply.attributes()[4]?.attributes[2]?.number ?? 0
      }
      guard isThere else { return nil }
    }
    return sum
  }

  private func isThere(
    _ message: TableMessage, _ attributes: Attributes, _ body: (Reply) -> Void = { _ in }
  ) throws(FirewallError) -> Bool {
    let sequence = socket.nextSequence()
    let request = Request(message, .acknowledge, sequence: sequence, attributes: attributes)
    do throws(FirewallError) {
      try socket.ask(request, sequence: sequence, "look for a block", body)
      return true
    } catch {
      guard error.isAbsence else { throw error }
      return false
    }
  }
}
