import Foundation

/// Looks at `condition` every few milliseconds until it holds; false if it doesn't in time.
///
/// The time ends a test that hangs, and is no promise about how fast anything is: machines are
/// busy.
public func eventually(
  within seconds: Double = 60, _ condition: () throws -> Bool
) rethrows -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    guard ContinuousClock.now < end else { return false }
    usleep(5000)
  }
  return true
}

/// Likewise, for a test that makes no sense without it.
///
/// - Parameter what: what is waited for, as a sentence.
public func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
  guard try eventually(condition) else { throw Overdue(what: what) }
}

/// Asks until the answer is right, and gives the last one. The time is as that of `eventually`.
public func firstRight<Answer>(
  within seconds: Double = 60, _ ask: () throws -> Answer, where isRight: (Answer) -> Bool
) rethrows -> Answer {
  var answer = try ask()
  _ = try eventually(within: seconds) {
    if isRight(answer) { return true }
    answer = try ask()
    return isRight(answer)
  }
  return answer
}

/// Something that didn't come to be in time.
public struct Overdue: Error, CustomStringConvertible {
  let what: String

  public var description: String { "in vain was waited for this: \(what)" }
}
