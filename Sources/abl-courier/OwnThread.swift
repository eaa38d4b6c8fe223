internal import Glibc

/// A thread of its own.
enum OwnThread {
  /// Runs `body` on one; without it the program ends.
  static func begin(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { work in
        guard let work = unsafe work else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
        return nil
      }, work)
    guard error == 0 else {
      Log.say("cannot begin a thread: \(unsafe String(cString: strerror(error)))")
      exit(1)
    }
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
