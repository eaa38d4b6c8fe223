/// Lines of a log: of what they tell.
public enum LogNews {
  /// A line without what libpam and the program put in front; in the middle of another module libpam
  /// names none.
  public static func message(of line: String) -> String {
    let start = (line.range(of: "): ") ?? line.range(of: "PAM "))?.upperBound
    return String(line[(start ?? line.startIndex)...])
  }

  /// Whether the module says there that it has made the store, or that a block begins, or ablctl
  /// what an administrator has done: tests that read a whole log leave these out, but for those
  /// that are of them.
  public static func isNews(_ line: some StringProtocol) -> Bool {
    let kinds = ["host", "network", "user", "home", "caller"]
    let news = ["made a new store", " ablctl: "] + kinds.map { "blocking \($0) '" }
    return news.contains { line.contains($0) }
  }
}
