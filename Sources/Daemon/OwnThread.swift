internal import CLinux

/// A thread for work that waits in the kernel, which the threads of async functions must not.
public enum OwnThread {
  /// Runs `body` on one, until it returns.
  public static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result
  {
    await withCheckedContinuation { continuation in
      let work = Work { continuation.resume(returning: body()) }
      var thread = pthread_t()
      let argument = unsafe Unmanaged.passRetained(work).toOpaque()
      let error = unsafe pthread_create(&thread, nil, Self.begin, argument)
      guard error == 0 else {
        // Without a thread of its own it takes this one.
        unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return
      }
      pthread_detach(thread)
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
