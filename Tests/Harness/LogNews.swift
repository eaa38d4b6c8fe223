/// Lines of a log that tell of what went well.
public enum LogNews {
  /// Whether the module says there that it has made the store, or that a block begins, or ablctl
  /// what an administrator has done: tests that read a whole log leave these out, but for those
  /// that are of them.
  public static func isNews(_ line: some StringProtocol) -> Bool {
    ["made a new store", "blocking host '", "blocking user '", " ablctl: "].contains {
      line.contains($0)
    }
  }
}
