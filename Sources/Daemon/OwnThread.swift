internal import CLinux

/// A thread for work that waits in the kernel, which the threads of async functions must not.
@safe public final class OwnThread {
  private var thread = pthread_t()
  private let isRunning: Bool

  /// Begins; nothing runs if there is no thread to be had.
  init(_ body: @escaping @Sendable () -> Void) {
    let argument = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    isRunning = unsafe pthread_create(&thread, nil, Self.begin, argument) == 0
    if !isRunning { unsafe Unmanaged<Work>.fromOpaque(argument).release() }
  }

  /// Waits until it has ended.
  func join() {
    if isRunning { pthread_join(thread, nil) }
  }

  /// Runs `body` on one, until it returns.
  public static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result
  {
    await withCheckedContinuation { continuation in
      let thread = OwnThread { continuation.resume(returning: body()) }
      guard thread.isRunning else {
        // Without a thread of its own it takes this one.
        return continuation.resume(returning: body())
      }
      pthread_detach(thread.thread)
    }
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
