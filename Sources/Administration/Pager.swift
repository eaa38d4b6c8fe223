internal import CSystem

/// The program in which a person reads what is longer than the screen, as git has it.
///
/// `ABLCTL_PAGER`, else `PAGER`, is the command; an empty one or `cat` is none. Under sudo it is
/// `less` alone: a right to run one command of ours must not be one to run other programs by it.
/// For the same reason `less` starts no programs of its own.
struct Pager {
  /// What is to be read goes here.
  let descriptor: CInt
  private let process: pid_t

  /// Starts it; nil where no person reads, or none is wanted, or there is none.
  static func start() -> Pager? {
    let isCapable = variable("TERM") != nil && !Terminal.isDumb
    guard Terminal.isPerson(.input), Terminal.isPerson(.output), isCapable, let words = command
    else { return nil }
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    for end in ends { _ = csystem_set_cloexec(end) }
    unsafe setenv("LESS", "FRX", 0)
    unsafe setenv("LESSSECURE", "1", 1)
    // A reader that has seen enough makes no mistake.
    csystem_ignore_pipes()
    guard let process = ChildProcess.reading(ends[0], words) else {
      close(ends[1])
      return nil
    }
    return Pager(descriptor: ends[1], process: process)
  }

  /// Waits until the person has read it.
  func finish() {
    close(descriptor)
    _ = ChildProcess.end(of: process)
  }

  private static var command: [[UInt8]]? {
    let given = variable("SUDO_UID") == nil ? variable("ABLCTL_PAGER") ?? variable("PAGER") : nil
    guard let given else { return ChildProcess.program(["less"]).map { [$0] } }
    guard !given.isEmpty, given != "cat" else { return nil }
    return ["/bin/sh", "-c", given].map { Array($0.utf8) }
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
