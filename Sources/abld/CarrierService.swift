internal import Daemon
internal import Logging
internal import Platform
internal import ServiceLifecycle
internal import Text
internal import UnixSignals

/// Carries blocks into the kernel, on a thread of its own.
struct CarrierService: Service {
  let wakeUp = WakeUp()
  private let settings, directory: Path
  private let logger: Logger
  /// Is called once it is clear that no other abld runs.
  private let onBegin: @Sendable () -> Void

  init(
    settings: Path, in directory: Path, _ logger: Logger, onBegin: @escaping @Sendable () -> Void
  ) {
    (self.settings, self.directory, self.logger) = (settings, directory, logger)
    self.onBegin = onBegin
  }

  func run() async throws {
    let (settings, directory, logger, wakeUp) = (settings, directory, logger, wakeUp)
    let onBegin = onBegin
    let ending = await withGracefulShutdownHandler {
      await OwnThread.run {
        Carrier.run(settings: settings, in: directory, wakeUp, onBegin: onBegin) {
          logger.tell($0, $1)
        }
      }
    } onGracefulShutdown: {
      wakeUp.stop()
    }
    if ending == .occupied { throw Occupied(description: Self.occupied(directory)) }
  }

  private struct Occupied: Error, CustomStringConvertible {
    let description: String
  }

  private static func occupied(_ directory: Path) -> String {
    "another abld runs already: it has the lock in \(String(directory.text))"
  }
}

/// Has the settings read anew at SIGHUP.
struct ReloadService: Service {
  private let signals: UnixSignalsSequence
  private let reload: @Sendable () -> Void

  /// From now on the signal doesn't end the process; it is heard of once this runs.
  init(_ reload: @escaping @Sendable () -> Void) async {
    signals = await UnixSignalsSequence(trapping: .sighup)
    self.reload = reload
  }

  func run() async throws {
    for await _ in signals.cancelOnGracefulShutdown() { reload() }
  }
}

extension Logger {
  fileprivate func tell(_ weight: Weight, _ text: Text) {
    let level: Logger.Level =
      switch weight {
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      }
    log(level: level, "\(String(text))")
  }
}
