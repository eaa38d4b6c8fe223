internal import Text

/// The table in the kernel, and what it was told to hold. Nothing is ever read back from it: that
/// takes a time which grows with the square of what it holds.
public final class KernelTable {
  let socket: NetlinkSocket
  /// What the kernel holds, as far as it did what it was told, and until when.
  public private(set) var held: [Element: Moment] = [:]
  /// As it was built last; nil before.
  public private(set) var layout: Layout?
  /// How often this one has changed what the kernel has; so the number of its generation has grown.
  public private(set) var commits: UInt32 = 0

  public init() throws(FirewallError) {
    socket = try NetlinkSocket(.netfilter)
    socket.makeRoom(sent: 1 << 20, received: 1 << 20)
  }

  /// Elements that were refused, and why.
  public typealias Refusals = [(element: Element, error: FirewallError)]

  /// Makes the table anew, whatever is there, with all of `wanted`.
  ///
  /// - Parameter atomically: in one step, so that no moment is without the blocks of the table that
  ///   is there now. Where that is gone, many steps give the first blocks sooner.
  public func replace(
    by wanted: [Element: Moment], _ layout: Layout, at now: Moment, atomically: Bool
  ) throws(FirewallError) -> Refusals {
    var elements: [(element: Element, until: Moment)] = []
    elements.reserveCapacity(wanted.count)
    for (element, until) in wanted where until > now { elements.append((element, until)) }
    if atomically, try replaceAtOnce(elements, layout, at: now) { return [] }
    var batch = Batch(sequence: socket.nextSequence())
    batch.removeTable()
    batch.makeTable(layout)
    try commit(batch, "make the table")
    (self.layout, held) = (layout, Dictionary(minimumCapacity: elements.count))
    return try put(elements, at: now) { $0.addNew($1, at: now) }
  }

  /// False if it is too much for one message; then nothing has changed.
  private func replaceAtOnce(
    _ elements: [(element: Element, until: Moment)], _ layout: Layout, at now: Moment
  ) throws(FirewallError) -> Bool {
    var batch = Batch(sequence: socket.nextSequence())
    batch.removeTable()
    batch.makeTable(layout)
    batch.addNew(elements, at: now)
    do throws(FirewallError) {
      if batch.bytes.count > socket.room {
        socket.makeRoom(sent: CInt(clamping: batch.bytes.count * 2), received: 1 << 20)
      }
      try commit(batch, "make the table")
    } catch {
      guard error.isTooLong || error.isFull else { throw error }
      return false
    }
    self.layout = layout
    held = Dictionary(uniqueKeysWithValues: elements.map { ($0.element, $0.until) })
    return true
  }

  /// Makes what is held what is wanted, a part at a time; what must go, goes first.
  public func apply(_ difference: Difference, at now: Moment) throws(FirewallError) -> Refusals {
    for start in stride(from: 0, to: difference.removed.count, by: Self.mostInBatch) {
      let part = Array(difference.removed[start...].prefix(Self.mostInBatch))
      try remove(part, at: now)
    }
    return try put(difference.asserted, at: now) { $0.set($1, at: now) }
  }

  private func remove(_ elements: [Element], at now: Moment) throws(FirewallError) {
    do throws(FirewallError) {
      try commit("remove blocks") { $0.remove(elements, at: now) }
    } catch {
      // To remove takes room for a moment, which a full set doesn't have; what has expired fails.
      guard error.isFull else { throw error }
      for element in elements { try removeFromFull(element) }
    }
    for element in elements { held[element] = nil }
  }

  private func removeFromFull(_ element: Element) throws(FirewallError) {
    do throws(FirewallError) {
      try commit("remove a block") { $0.removePresent(element) }
    } catch {
      guard error.isAbsence else { throw error }
    }
  }

  private func put(
    _ elements: [(element: Element, until: Moment)], at now: Moment,
    _ fill: (inout Batch, [(element: Element, until: Moment)]) -> Void
  ) throws(FirewallError) -> Refusals {
    var refusals: Refusals = []
    for start in stride(from: 0, to: elements.count, by: Self.mostInBatch) {
      let part = Array(elements[start...].prefix(Self.mostInBatch))
      do throws(FirewallError) {
        try commit("add blocks") { fill(&$0, part) }
        for (element, until) in part { held[element] = until }
      } catch {
        guard !error.isUnknown, !error.isLasting, !error.isAbsence else { throw error }
        refusals += try putSingly(part, fill)
      }
    }
    return refusals
  }

  /// One that is refused undoes all of its batch, so the others are tried without it.
  private func putSingly(
    _ elements: [(element: Element, until: Moment)],
    _ fill: (inout Batch, [(element: Element, until: Moment)]) -> Void
  ) throws(FirewallError) -> Refusals {
    var refusals: Refusals = []
    for element in elements {
      do throws(FirewallError) {
        try commit("add a block") { fill(&$0, [element]) }
        held[element.element] = element.until
      } catch {
        guard !error.isUnknown, !error.isLasting, !error.isAbsence else { throw error }
        held[element.element] = nil
        refusals.append((element.element, error))
      }
    }
    return refusals
  }

  /// Removes the table and all that it holds; it may be absent.
  public func remove() throws(FirewallError) {
    try commit("remove the table") { $0.removeTable() }
    (layout, held) = (nil, [:])
  }

  /// Forgets what has expired: the kernel has, too.
  public func forgetExpired(at now: Moment) {
    for (element, until) in held where until <= now { held[element] = nil }
  }

  /// Forgets until when the kernel was told to hold its blocks, so that it is told again.
  public func forgetTimes() {
    for element in held.keys { held[element] = Moment(milliseconds: .max - 1) }
  }

  private func commit(
    _ action: Text, _ fill: (inout Batch) -> Void
  ) throws(FirewallError) {
    var batch = Batch(sequence: socket.nextSequence())
    fill(&batch)
    try commit(batch, action)
  }

  private func commit(_ batch: Batch, _ action: Text) throws(FirewallError) {
    _ = socket.nextSequence(batch.last &- batch.first &+ 2)
    guard !batch.isEmpty else { return }
    try socket.commit(batch, action)
    commits &+= 1
  }

  /// As many elements as a message of the ordinary length has room for, three times each.
  private static let mostInBatch = 600
}
