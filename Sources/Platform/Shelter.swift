internal import CSystem

/// Keeps a hostile caller of a setuid program (su, sudo) from stopping, killing or starving us
/// while we hold the lock.
///
/// For as long as this lives all signals wait that can, and in a setuid-root program the real user
/// is root: the caller, whose process it is, could else stop it and so every login of the machine.
/// Limits that such a caller set are raised where that is allowed. Everything is put back at the
/// end.
/// A caller may stop or kill a setuid program as long as its real user is his (kill(2)).
@safe public struct Shelter: ~Copyable {
  private var signals = sigset_t()
  private let hadFileSizeSignal: Bool
  private let caller: (real: UInt32, saved: UInt32)?
  private let limits: [RaisedLimit]
  /// What we make in a setuid program is ours, whatever umask its caller has left us. Elsewhere it
  /// is left alone: it is one for all threads of a process.
  private let umask: UInt32?

  public init() {
    var blocked = sigset_t()
    unsafe sigfillset(&blocked)
    // A fault of our own must not be delayed; to continue after one would be worse.
    for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP] {
      unsafe sigdelset(&blocked, signal)
    }
    unsafe pthread_sigmask(SIG_SETMASK, &blocked, &signals)
    caller = Self.becomeRoot()
    hadFileSizeSignal = Self.isPending(SIGXFSZ)
    guard caller != nil else {
      (umask, limits) = (nil, [])
      return
    }
    umask = CSystem.umask(0o077)
    var raised: [RaisedLimit] = []
    for resource in [CSYSTEM_FSIZE, CSYSTEM_AS, CSYSTEM_DATA, CSYSTEM_NOFILE] {
      if let limit = RaisedLimit(CInt(resource)) { raised.append(limit) }
    }
    limits = raised
  }

  /// The users we ran as, where that had to be changed.
  private static func becomeRoot() -> (real: UInt32, saved: UInt32)? {
    var real: uid_t = 0
    var effective: uid_t = 0
    var saved: uid_t = 0
    guard unsafe getresuid(&real, &effective, &saved) == 0, effective == 0, real != 0,
      setresuid(0, 0, 0) == 0
    else { return nil }
    return (real, saved)
  }

  private static func isPending(_ signal: CInt) -> Bool {
    var pending = sigset_t()
    unsafe sigpending(&pending)
    return unsafe sigismember(&pending, signal) == 1
  }

  deinit {
    for limit in limits { limit.restore() }
    if let umask { _ = CSystem.umask(umask) }
    if let caller { _ = setresuid(caller.real, 0, caller.saved) }
    if !hadFileSizeSignal { Self.consumeFileSizeSignal() }
    var signals = self.signals
    unsafe pthread_sigmask(SIG_SETMASK, &signals, nil)
  }

  /// A write beyond RLIMIT_FSIZE of ours has failed and said so; its signal must not end the
  /// program now.
  private static func consumeFileSizeSignal() {
    var one = sigset_t()
    // As it is made, it is empty: not sigemptyset, which would cost the module 80 bytes.
    unsafe sigaddset(&one, SIGXFSZ)
    var atOnce = timespec()
    while unsafe sigtimedwait(&one, nil, &atOnce) == SIGXFSZ {}
  }
}

/// A limit of the process that was too low for us.
private struct RaisedLimit {
  private let resource: CInt
  private let original: rlimit

  /// nil if `resource` isn't limited, or could not be raised.
  init?(_ resource: CInt) {
    var limit = rlimit()
    guard unsafe csystem_getrlimit(resource, &limit) == 0, limit.rlim_cur != Self.none else {
      return nil
    }
    self.resource = resource
    original = limit
    var raised = rlimit(rlim_cur: Self.none, rlim_max: Self.none)
    guard unsafe csystem_setrlimit(resource, &raised) != 0 else { return }
    // Without CAP_SYS_RESOURCE, as in a container, the hard limit is all there is.
    guard limit.rlim_cur != limit.rlim_max else { return nil }
    raised.rlim_cur = limit.rlim_max
    raised.rlim_max = limit.rlim_max
    guard unsafe csystem_setrlimit(resource, &raised) == 0 else { return nil }
  }

  func restore() {
    var limit = original
    unsafe csystem_setrlimit(resource, &limit)
  }

  private static let none = rlim_t.max
}
