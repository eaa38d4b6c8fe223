package import Platform
package import Policy

/// What the compact part of a slot says: sixteen words, enough to judge by.
///
/// A class, as an attempt in flight is, and for the same reason.
package final class SlotView {
  let slot: Int
  let control: SlotControl
  package let state: InFlight.State
  /// The attempt's, for ever: by this a failure is known in the store, too.
  package let id: UInt64
  /// What it counts for, as hashes.
  let subjects: [SubjectHash]
  /// The user it is at.
  let tried: Tried
  /// When it was admitted; of a failure, when it was judged.
  package let time: Timestamp
  let owner: SlotOwner

  init(
    _ slot: Int, _ control: SlotControl, _ state: InFlight.State, id: UInt64,
    _ subjects: [SubjectHash], _ tried: Tried, _ time: Timestamp, _ owner: SlotOwner
  ) {
    (self.slot, self.control, self.state, self.id) = (slot, control, state, id)
    (self.subjects, self.tried, self.time, self.owner) = (subjects, tried, time, owner)
  }

  func concerns(_ hash: SubjectHash) -> Bool { subjects.contains(hash) }
}

/// The process of an attempt in flight.
package struct SlotOwner: Equatable, Sendable {
  package let process: ProcessIdentity
  /// Of its numbers; 0 is unknown.
  let namespace: UInt32
  /// The user that started it, if its rights are borrowed; else root's number, 0.
  let borrower: UInt32

  var isBorrowed: Bool { borrower != 0 }

  /// Whether its number means the same here.
  func isOf(_ namespace: UInt32) -> Bool {
    self.namespace == namespace || self.namespace == 0 || namespace == 0
  }
}

/// A subject as it stands in the compact part of a slot: a keyed hash of its key, never 0.
package typealias SubjectHash = UInt64
