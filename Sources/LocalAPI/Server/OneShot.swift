internal import Synchronization

/// A value that comes once, from the first of several that may have one; the others are told that
/// they came late.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case awaited(CheckedContinuation<Value, Never>)
    case there(Value)
    case taken
  }

  private let state = Mutex(State.empty)

  /// Gives the value; false if there was one already.
  @discardableResult
  func give(_ value: Value) -> Bool {
    let waiting: CheckedContinuation<Value, Never>?? = state.withLock { state in
      switch state {
      case .empty:
        state = .there(value)
        return .some(nil)
      case .awaited(let continuation):
        state = .taken
        return .some(continuation)
      case .there, .taken: return nil
      }
    }
    guard let waiting else { return false }
    waiting?.resume(returning: value)
    return true
  }

  /// Waits for it; once only.
  var value: Value {
    get async {
      await withCheckedContinuation { continuation in
        let known: Value? = state.withLock { state in
          guard case .there(let value) = state else {
            state = .awaited(continuation)
            return nil
          }
          state = .taken
          return value
        }
        if let known { continuation.resume(returning: known) }
      }
    }
  }
}
