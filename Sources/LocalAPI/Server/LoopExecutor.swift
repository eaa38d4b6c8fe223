internal import NIOCore

/// Runs tasks on the thread of an event loop, so that a request changes threads only for the store:
/// each change costs more than all that is computed for it.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { [self] in
      unsafe job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
