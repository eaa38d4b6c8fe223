import Foundation
import Platform
import Testing

@Suite("The clock")
struct ClockTests {
  @Test("knows the time")
  func now() {
    let (before, now, after) = (Int64(time(nil)), Clock.now, Int64(time(nil)))
    // `time` may lag behind by a tick.
    #expect((before...after + 1).contains(now))
  }

  @Test("passes a deadline when it has come, not before")
  func deadlines() {
    #expect(Deadline(milliseconds: 0).hasPassed)
    #expect(Deadline(milliseconds: -5).hasPassed)
    #expect(!Deadline(milliseconds: 60_000).hasPassed)
    #expect(Deadline(milliseconds: 5) < Deadline(milliseconds: 60_000))
    let (start, deadline) = (Clock.milliseconds, Deadline(milliseconds: 20))
    while !deadline.hasPassed { Clock.pause(microseconds: 500) }
    #expect(Clock.milliseconds - start >= 20)
  }

  @Test("doesn't wait for a time that makes no sense")
  func absurdPause() {
    let start = Clock.milliseconds
    Clock.pause(microseconds: 0)
    Clock.pause(microseconds: -1)
    Clock.pause(microseconds: .min)
    #expect(Clock.milliseconds - start < 30_000)
  }

  @Test("gives numbers that differ")
  func randomNumbers() {
    #expect(Set((0..<1000).map { _ in Random.number }).count == 1000)
  }
}
