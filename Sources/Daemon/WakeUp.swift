internal import CLinux
internal import Synchronization

/// By which other threads tell the daemon's own what is asked of it.
public final class WakeUp: Sendable {
  let descriptor: CInt
  private let requests = Atomic<Int>(0)

  /// What is asked.
  struct Requests: OptionSet {
    let rawValue: Int
    static let stop = Requests(rawValue: 1)
    static let reload = Requests(rawValue: 2)
  }

  public init() { descriptor = clinux_event() }

  deinit { close(descriptor) }

  /// Asks it to end.
  public func stop() { ask(.stop) }

  /// Asks it to read its settings anew.
  public func reload() { ask(.reload) }

  private func ask(_ request: Requests) {
    requests.bitwiseOr(request.rawValue, ordering: .sequentiallyConsistent)
    clinux_event_raise(descriptor)
  }

  /// What was asked since the last time.
  func take() -> Requests {
    clinux_event_clear(descriptor)
    return Requests(rawValue: requests.exchange(0, ordering: .sequentiallyConsistent))
  }
}
