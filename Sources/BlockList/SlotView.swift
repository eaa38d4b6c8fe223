internal import Platform
internal import Policy

/// What the compact part of a slot says: eight words, enough to judge by.
///
/// A class, as an attempt in flight is, and for the same reason.
final class SlotView {
  let slot: Int
  let control: SlotControl
  let state: InFlight.State
  /// The attempt's, for ever: by this a failure is known in the store, too.
  let id: UInt64
  /// Which host and which user it counts for, as hashes; 0 for none.
  let host, user: UInt64
  /// When it was admitted; of a failure, when it was judged.
  let time: Timestamp
  let owner: SlotOwner

  init(
    _ slot: Int, _ control: SlotControl, _ state: InFlight.State, id: UInt64,
    host: UInt64, user: UInt64, _ time: Timestamp, _ owner: SlotOwner
  ) {
    (self.slot, self.control, self.state, self.id) = (slot, control, state, id)
    (self.host, self.user, self.time, self.owner) = (host, user, time, owner)
  }

  func concerns(_ hash: SubjectHash) -> Bool {
    switch hash {
    case .host(let hash): hash == host
    case .user(let hash): hash == user
    }
  }

  func concerns(anyOf hashes: [SubjectHash]) -> Bool {
    for hash in hashes where concerns(hash) { return true }
    return false
  }
}

/// The process of an attempt in flight.
struct SlotOwner: Equatable, Sendable {
  let process: ProcessIdentity
  /// Of its numbers; 0 is unknown.
  let namespace: UInt32
  /// The user who started it, if its rights are borrowed; else root's number, 0.
  let borrower: UInt32

  var isBorrowed: Bool { borrower != 0 }

  /// Whether its number means the same here.
  func isOf(_ namespace: UInt32) -> Bool {
    self.namespace == namespace || self.namespace == 0 || namespace == 0
  }
}

/// A subject as it stands in the compact part of a slot.
enum SubjectHash {
  case host(UInt64)
  case user(UInt64)
}
