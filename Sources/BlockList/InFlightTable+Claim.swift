internal import Platform
internal import Policy

/// A slot that is this process's, for as long as its control word says so.
///
/// A class, as an attempt in flight is, and for the same reason.
final class Claim {
  let table: InFlightTable
  let slot: Int
  /// What this process has written there last.
  private(set) var control: SlotControl

  fileprivate init(_ table: InFlightTable, _ slot: Int, _ control: SlotControl) {
    (self.table, self.slot, self.control) = (table, slot, control)
  }

  /// Goes on to `state`; false if the slot has been taken away.
  func become(_ state: InFlight.State) -> Bool {
    let new = control.becoming(state)
    guard table.isWhole, table.replace(control, by: new, slot) else { return false }
    control = new
    return true
  }

  /// Announces the attempt, takes its ticket, and publishes it; false if the slot has been taken
  /// away.
  ///
  /// In this order, or an attempt with a smaller ticket could be published behind one with a larger
  /// one that has already looked.
  func publish() -> Bool {
    guard become(.choosing) else { return false }
    let ticket = table.nextNumber
    let new = SlotControl(number: ticket, process: control.process, .open)
    guard table.replace(control, by: new, slot) else { return false }
    control = new
    // Those with a smaller ticket don't wait for this one any more.
    table.noteChange()
    return true
  }

  /// Whether the slot is still this process's.
  var isOurs: Bool { table.isWhole && table.control(slot) == control }

  /// Frees the slot, unless it has been taken away.
  func free() {
    if become(.free) { table.noteChange() }
  }
}

extension InFlightTable {
  fileprivate var nextNumber: UInt64 { memory.add(1, at: Header.next) }

  /// Claims a free slot, and writes down what `entry` says; nil if there is none for such an owner.
  func claim(_ entry: InFlight) -> Claim? {
    let most = entry.owner.isBorrowed ? Self.slots - Self.reserve : Self.slots
    for slot in 0..<most {
      let control = control(slot)
      guard control.state == .free else { continue }
      // First: what is in use must be looked at by all that come later.
      memory.raise(to: UInt64(slot + 1), at: Header.high)
      let new = SlotControl(number: nextNumber, process: entry.owner.process.id, .claimed)
      guard replace(control, by: new, slot) else { continue }
      write(entry, slot)
      return Claim(self, slot, new)
    }
    return nil
  }

  /// Claims all free slots that have ever been used, so that none writes to their places in the
  /// journal.
  package func claimFree() -> [(slot: Int, control: SlotControl)] {
    var claimed: [(slot: Int, control: SlotControl)] = []
    let process = ProcessIdentity.current.id
    for slot in 0..<high {
      let control = control(slot)
      let new = SlotControl(number: nextNumber, process: process, .claimed)
      if control.state == .free, replace(control, by: new, slot) { claimed.append((slot, new)) }
    }
    return claimed
  }

  package func release(_ claimed: [(slot: Int, control: SlotControl)]) {
    for (slot, control) in claimed { _ = replace(control, by: control.becoming(.free), slot) }
  }

  /// How many slots `borrower` has in programs that borrow root, for attempts that have no verdict.
  func count(of borrower: UInt32) -> Int {
    var count = 0
    for slot in 0..<high {
      guard let view = view(slot), view.owner.borrower == borrower else { continue }
      if view.state.isWaiting || view.state.isJudged { count += 1 }
    }
    return count
  }

  /// The owner of what this process claims.
  static func owner(borrower: UInt32) -> SlotOwner {
    SlotOwner(process: .current, namespace: ProcessNamespace.current, borrower: borrower)
  }
}
