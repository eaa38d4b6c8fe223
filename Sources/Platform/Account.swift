internal import CSystem

/// With whose rights this process runs.
public enum Account {
  /// The user that started the program (its real user).
  public static var real: UInt32 { getuid() }

  /// Whether the program has root's rights by a setuid bit, as su and sudo have: the user that
  /// started it owns its limits, its signals and its time on the processor.
  public static var isBorrowed: Bool { geteuid() == 0 && getuid() != 0 }
}
