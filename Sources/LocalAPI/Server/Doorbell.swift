internal import Synchronization

/// Lets a loop sleep until there is something for it to do, or its task is cancelled.
///
/// What the loop looks at is changed before the bell is rung, and the loop looks after it has
/// waited: so no ring is missed, and several are one.
final class Doorbell: Sendable {
  private let bell = Mutex(OneShot<Void>())

  func ring() { bell.withLock { $0 }.give(()) }

  func wait() async {
    let current = bell.withLock { $0 }
    await withTaskCancellationHandler {
      await current.value
    } onCancel: {
      current.give(())
    }
    bell.withLock { $0 = OneShot() }
  }
}
