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
    guard let settings = Errands.settings(options, isNeeded: isAlone) else {
      return Log.say("no hooks, mails and reports until the settings are right")
    }
    let work: @Sendable () -> Void = {
      Herald(options, settings).run { Heralds.isEnding.load(ordering: .relaxed) }
      exit(0)
    }
    if isAlone { work() } else { OwnThread.begin(work) }
  }
}
