internal import CSystem

/// The administrator's wish that we stop (Ctrl-C, or SIGTERM), to be looked at where that does no
/// harm. Unless it is, such a signal waits until the end of this.
public final class Interruption {
  private var before = sigset_t()

  public init() {
    var ours = Self.signals
    unsafe pthread_sigmask(SIG_BLOCK, &ours, &before)
  }

  private static var signals: sigset_t {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGTERM)
    return signals
  }

  /// The signal that has come; from then on nothing waits any more.
  public func take() -> Int32? {
    var (ours, atOnce) = (Self.signals, timespec())
    let signal = unsafe sigtimedwait(&ours, nil, &atOnce)
    return signal > 0 ? signal : nil
  }

  deinit { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
}
