/// Lines of a log that tell of what went well.
public enum LogNews {
  /// Whether the module says there that it has made the store, or that a block begins, or ablctl
  /// what an administrator has done: tests that read a whole log leave these out, but for those
  /// that are of them.
  public static func isNews(_ line: some StringProtocol) -> Bool {
    let kinds = ["host", "network", "user", "home", "caller"]
    let news = ["made a new store", " ablctl: "] + kinds.map { "blocking \($0) '" }
    return news.contains { line.contains($0) }
  }
}
