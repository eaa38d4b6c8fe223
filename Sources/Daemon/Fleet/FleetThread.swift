internal import CLinux
internal import Platform

/// The thread on which abld speaks with its courier, and decides what to believe of the fleet.
@safe final class FleetThread {
  private var thread = pthread_t()
  private let isRunning: Bool

  /// Begins.
  init(_ body: @escaping @Sendable () -> Void) {
    let argument = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    isRunning = unsafe pthread_create(&thread, nil, Self.begin, argument) == 0
    if !isRunning { unsafe Unmanaged<Work>.fromOpaque(argument).release() }
  }

  /// Waits until it has ended.
  func join() {
    if isRunning { pthread_join(thread, nil) }
  }

  private static let begin: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
    {
      guard let argument = unsafe $0 else { return nil }
      unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
