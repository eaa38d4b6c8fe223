import Foundation
import Platform
import Policy
import Testing

@testable import BlockList

/// What a thread of its own does beside a test.
final class Background<Result>: @unchecked Sendable {
  private let end = DispatchSemaphore(value: 0)
  private var outcome: Swift.Result<Result, any Error>?

  init(_ body: @escaping @Sendable () throws -> Result) {
    let thread = Thread { [self] in
      outcome = Swift.Result(catching: body)
      end.signal()
    }
    thread.start()
  }

  /// Waits for it.
  var result: Result {
    get throws {
      try #require(end.wait(timeout: .now() + 600) == .success, "a thread doesn't come to its end")
      end.signal()
      return try #require(outcome).get()
    }
  }
}

/// Calls `body` in so many threads at once, and waits for them.
func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let threads = (0..<count).map { number in Background { try body(number) } }
  for thread in threads { try thread.result }
}

extension Sample {
  /// Asks in a thread of its own whether an attempt may go on.
  func admitBeside(_ attempt: Attempt, at seconds: Int64 = 0) -> Background<Admission> {
    let configuration = configuration
    return Background {
      try BlockList(configuration).admit(attempt, at: start.adding(seconds))
    }
  }
}

extension Admission {
  var reservation: Reservation? {
    if case .admitted(let reservation) = self { reservation } else { nil }
  }
}
