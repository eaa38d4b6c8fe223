import Testing

import struct Harness.SeededRandom

@testable import BlockList

private let states = (0..<16 as Range<UInt64>).compactMap { InFlight.State(rawValue: $0) }

@Suite("The control word of a slot")
struct SlotControlTests {
  @Test("is a number, a process and a state", arguments: states)
  func controlParts(_ state: InFlight.State) {
    let (numbers, processes) = (
      [0, 1, 4711, 1 << 38 - 1] as [UInt64], [0, 1, 1 << 22 - 1] as [Int32]
    )
    for number in numbers {
      for process in processes {
        let control = SlotControl(number: number, process: process, state)
        #expect(control.number == number && control.process == process)
        #expect(control.state == state)
        #expect(SlotControl(word: control.word) == control)
      }
    }
  }

  /// The word is shared by programs of different versions of abl until the next boot.
  @Test("stands in its word as it is documented")
  func controlLayout() {
    let control = SlotControl(number: 5, process: 0x12_3456, .admitted)
    #expect(control.word == 5 << 26 | 0x12_3456 << 4 | 4)
    #expect(SlotControl(word: 0).state == .free)
  }

  @Test("goes on to any state, and stays the same attempt", arguments: states)
  func controlBecoming(_ state: InFlight.State) {
    for old in states {
      let control = SlotControl(number: 77, process: 4711, old)
      let new = control.becoming(state)
      #expect(new.number == 77 && new.process == 4711 && new.state == state)
      #expect((new == control) == (old == state))
      #expect(new.becoming(old) == control)
    }
  }

  @Test("has no state for a word that no process writes")
  func unknownState() {
    #expect(states.count == 11)
    for state in [9, 12, 13, 14, 15] as [UInt64] {
      #expect(SlotControl(word: 1 << 26 | state).state == nil)
    }
  }

  @Test("bears any word")
  func anyWord() {
    var random = SeededRandom(seed: 41)
    for _ in 0..<10_000 {
      let control = SlotControl(word: random.next())
      #expect(control.number < 1 << 38 && (0..<1 << 22).contains(control.process))
      guard let state = control.state else { continue }
      let again = SlotControl(number: control.number, process: control.process, state)
      #expect(again == control)
    }
  }

  @Test("goes by what is failed, judged or waiting, and by nothing else")
  func kindsOfStates() {
    #expect(states.filter(\.isFailure) == [.writing, .journaled, .failed])
    #expect(states.filter(\.isJudged) == [.admitted, .halfway])
    #expect(states.filter(\.isWaiting) == [.choosing, .open])
  }
}
