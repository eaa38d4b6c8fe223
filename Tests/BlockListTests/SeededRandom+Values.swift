import Platform
import Policy

import struct Harness.SeededRandom

@testable import BlockList

extension SeededRandom {
  /// A name of any bytes, often a short one, at times the longest.
  mutating func name(atLeast least: Int = 0) -> Name {
    let count = next() % 8 == 0 ? 255 : Int(next() % 12)
    return Name(bytes(max(count, least)))
  }

  mutating func host() -> Host {
    switch next() % 3 {
    case 0: .address(.v4(UInt32(truncatingIfNeeded: next())))
    case 1: .address(.v6(high: next() | 1, low: next()))
    default: .name(name(atLeast: 1))
    }
  }

  mutating func subject() -> Subject {
    next() % 2 == 0 ? .host(host()) : .user(name())
  }

  mutating func time() -> Timestamp {
    let seconds = next() >> (1 + next() % 63)
    return Timestamp(seconds: Int64(seconds))
  }

  mutating func recordedAttempt() -> RecordedAttempt {
    RecordedAttempt(
      id: next(), time: time(), state: next() % 2 == 0 ? .failed : .refused,
      reason: RecordedAttempt.Reason(rawValue: UInt8(1 + next() % 4)) ?? .both, service: name(),
      counterpart: next() % 4 == 0 ? nil : subject())
  }

  private mutating func owner() -> SlotOwner {
    SlotOwner(
      process: ProcessIdentity(id: Int32(truncatingIfNeeded: next()), seen: next()),
      namespace: UInt32(truncatingIfNeeded: next()), borrower: UInt32(next() % 2))
  }

  private mutating func kind() -> InFlight.Kind {
    RecordedAttempt.Reason(rawValue: UInt8(next() % 5)).map { .refusal($0) } ?? .failure
  }

  mutating func inFlight() -> InFlight {
    let attempt = Attempt(
      user: next() % 8 == 0 ? nil : name(), host: next() % 8 == 0 ? nil : host(), service: name())
    let mask = next()
    return InFlight(
      slot: Int(next() % 200), id: next(), time: time(),
      owner: owner(), state: next() % 2 == 0 ? .admitted : .failed, kind: kind(),
      attempt: attempt,
      subjects: attempt.subjects.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element))
  }
}
