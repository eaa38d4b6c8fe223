internal import Glibc
internal import News
internal import Synchronization

/// Starts the herald: on this thread if there is nothing else to do, else on one of its own.
enum Heralds {
  private static let isEnding = Atomic<Bool>(false)

  /// Returns if it has a thread of its own by then.
  static func begin(_ options: Options, isAlone: Bool) {
    for number in [SIGTERM, SIGINT] {
      signal(number) { _ in Heralds.isEnding.store(true, ordering: .relaxed) }
    }
    Identity.letEnd()
    let settings = Errands.settings(options)
    let work = Work {
      Herald(options, settings).run { Heralds.isEnding.load(ordering: .relaxed) }
      exit(0)
    }
    guard !isAlone else { return work.body() }
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(work).toOpaque()
    let error = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, argument)
    guard error == 0 else {
      Log.say("cannot begin a thread: \(unsafe String(cString: strerror(error)))")
      exit(1)
    }
  }

  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
}
