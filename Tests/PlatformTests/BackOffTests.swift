import Testing

@testable import Platform

/// The pauses of whoever waits for so many milliseconds.
private func pauses(in milliseconds: Int64) -> [Int64] {
  var (backOff, pauses, waited): (BackOff, [Int64], Int64) = (BackOff(), [], 0)
  while waited < milliseconds * 1000 {
    pauses.append(backOff.next())
    waited += pauses.last ?? 0
  }
  return pauses
}

@Suite("A waiting process")
struct BackOffTests {
  @Test("looks soon at first, then as late again as it has waited")
  func firstPauses() {
    #expect(pauses(in: 12) == [50, 100, 200, 400, 800, 1600, 3200, 6400])
  }

  @Test("looks more and more often once it has waited for a while")
  func laterPauses() {
    let later = pauses(in: 105).dropFirst(8)
    #expect(later.first == 12_800)
    #expect(zip(later, later.dropFirst()).allSatisfy { $0 > $1 })
    #expect((later.last ?? .max) < 2000)
  }

  @Test("looks neither often nor rarely for long")
  func longWait() {
    let pauses = pauses(in: 3_600_000)
    #expect(pauses.dropFirst(4).allSatisfy { (800..<16_000).contains($0) })
    let aSecond = pauses.count / 3600
    #expect((100..<333).contains(aSecond), "\(aSecond)")
  }

  @Test("waits as long as it says")
  func waits() {
    var (backOff, said): (BackOff, BackOff) = (BackOff(), BackOff())
    let least = (0..<20).reduce(0) { sum, _ in sum + said.next() }
    let start = Clock.milliseconds
    for _ in 0..<20 { backOff.pause() }
    #expect(Clock.milliseconds - start >= least / 1000 - 1)
    // A unit that is mistaken is a thousand times as much; a busy machine isn't.
    #expect(Clock.milliseconds - start < least / 2)
  }
}
