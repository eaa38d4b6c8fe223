import CSystem
import Foundation
import Harness
import Platform
import Testing

/// The signals that wait in this thread.
private var blockedSignals: Set<Int32> {
  get {
    var signals = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &signals)
    return Set((1...31).filter { sigismember(&signals, $0) == 1 })
  }
  set {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in newValue { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_SETMASK, &signals, nil)
  }
}

@Suite("A shelter from signals")
struct ShelterTests {
  @Test("makes all signals wait that can, and only for as long as it lives")
  func signals() {
    let own = blockedSignals
    defer { blockedSignals = own }
    let before: Set = [SIGUSR1]
    blockedSignals = before
    do {
      let shelter = Shelter()
      let faults = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP]
      #expect(Set(1...31).subtracting(blockedSignals) == Set(faults + [SIGKILL, SIGSTOP]))
      withExtendedLifetime(shelter) {}
    }
    #expect(blockedSignals == before)
  }

  @Test("may be nested")
  func nested() {
    let before = blockedSignals
    do {
      let outer = Shelter()
      do {
        let inner = Shelter()
        withExtendedLifetime(inner) {}
      }
      #expect(blockedSignals.contains(SIGTERM))
      withExtendedLifetime(outer) {}
    }
    #expect(blockedSignals == before)
  }

  @Test("delivers at its end what had to wait")
  func delayedSignal() async throws {
    let directory = try TemporaryDirectory()
    let mark = directory.file("mark").path
    await #expect(processExitsWith: .signal(SIGTERM)) { [mark = mark as String] in
      blockedSignals = []
      let shelter = Shelter()
      raise(SIGTERM)
      close(creat(mark, 0o600))
      withExtendedLifetime(shelter) {}
    }
    #expect(FileManager.default.fileExists(atPath: mark))
  }

  @Test("survives a write beyond the limit of its caller")
  func fileSizeSignal() async {
    await #expect(processExitsWith: .signal(SIGXFSZ)) {
      blockedSignals = []
      raise(SIGXFSZ)
    }
    await #expect(processExitsWith: .success) {
      blockedSignals = []
      let shelter = Shelter()
      raise(SIGXFSZ)
      withExtendedLifetime(shelter) {}
    }
  }

  @Test("leaves a signal alone that was the caller's before")
  func earlierFileSizeSignal() async {
    await #expect(processExitsWith: .success) {
      blockedSignals = [SIGXFSZ]
      raise(SIGXFSZ)
      do {
        let shelter = Shelter()
        withExtendedLifetime(shelter) {}
      }
      var pending = sigset_t()
      sigpending(&pending)
      exit(sigismember(&pending, SIGXFSZ) == 1 ? 0 : 1)
    }
  }

  @Test(
    "raises the limits that the caller of a setuid program set, and puts them back",
    .enabled(if: geteuid() == 0))
  func limits() async {
    await #expect(processExitsWith: .success) {
      // A write of more than this would be a signal.
      var small = rlimit(rlim_cur: 4096, rlim_max: .max)
      guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small) == 0,
        setresuid(12345, 0, 12345) == 0
      else { exit(1) }
      var limit = rlimit()
      do {
        let shelter = Shelter()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        guard limit.rlim_cur == .max else { exit(2) }
        withExtendedLifetime(shelter) {}
      }
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      exit(limit.rlim_cur == 4096 && limit.rlim_max == .max ? 0 : 3)
    }
  }

  @Test(
    "is root's in a setuid program, and the caller's again at its end",
    .enabled(if: geteuid() == 0))
  func setuidProgram() async {
    await #expect(processExitsWith: .success) {
      guard setresuid(12345, 0, 12345) == 0 else { exit(1) }
      do {
        let shelter = Shelter()
        guard getuid() == 0, geteuid() == 0 else { exit(2) }
        withExtendedLifetime(shelter) {}
      }
      var (real, effective, saved): (uid_t, uid_t, uid_t) = (0, 0, 0)
      getresuid(&real, &effective, &saved)
      exit(real == 12345 && effective == 0 && saved == 12345 ? 0 : 3)
    }
  }
}
