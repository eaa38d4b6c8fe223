internal import CSystem

/// Programs that an administrator wants to be run.
public enum Program {
  /// Starts a program, and doesn't wait for it: it gets `seconds` of time, no input and no output,
  /// a clean environment, and `/` to work in, and nothing that a caller of su could have set; how
  /// it failed is logged.
  ///
  /// No shell is involved. The process that we are in may have threads; it gets no SIGCHLD, and its
  /// own children are not touched. False if there was no process to be had.
  ///
  /// - Parameter arguments: the absolute path of the program, and its arguments.
  public static func start(_ arguments: [[UInt8]], seconds: UInt32) -> Bool {
    var texts: [CChar] = []
    for argument in arguments {
      for byte in argument where byte != 0 { texts.append(CChar(bitPattern: byte)) }
      texts.append(0)
    }
    // In su and sudo the program must not be the caller's to stop, not even for a moment.
    let shelter = Shelter()
    return withExtendedLifetime(shelter) { unsafe csystem_run(texts, texts.count, seconds) == 0 }
  }
}
