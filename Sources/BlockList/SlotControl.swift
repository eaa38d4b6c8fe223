/// The word of a slot that says whose it is and what is going on: what is decided about an attempt
/// is one compare-and-swap of this word.
///
/// A number 38 bits, the process 22 bits, the state 4 bits. Each claim and each publishing takes a
/// fresh number, so a word never comes back: a process that was stopped in between finds that it
/// has lost the slot.
package struct SlotControl: Equatable {
  let word: UInt64

  init(word: UInt64) { self.word = word }

  init(number: UInt64, process: Int32, _ state: InFlight.State) {
    word = number << 26 | UInt64(process.magnitude & 0x3F_FFFF) << 4 | state.rawValue
  }

  /// Of a published attempt this is its ticket: the smaller one goes first.
  var number: UInt64 { word >> 26 }
  var process: Int32 { Int32(truncatingIfNeeded: word >> 4 & 0x3F_FFFF) }
  var state: InFlight.State? { InFlight.State(rawValue: word & 15) }

  /// The same attempt, in another state.
  func becoming(_ state: InFlight.State) -> SlotControl {
    SlotControl(word: word & ~15 | state.rawValue)
  }
}
