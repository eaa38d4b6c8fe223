public import News

/// What a hook is given: the event as JSON to read, its parts as variables, and the address as its
/// one argument.
public struct HookCall: Sendable {
  let hook: Hook
  let item: NewsItem
  /// How many events before it were not given to hooks, since these took too long.
  let missed: Int

  public init(_ hook: Hook, _ item: NewsItem, missed: Int = 0) {
    (self.hook, self.item, self.missed) = (hook, item, missed)
  }

  /// The path, and the address if there is one.
  var words: [String] { [hook.path] + (item.origin.map { [$0.text] } ?? []) }

  /// All that it finds in its environment.
  var environment: [(String, String)] {
    let parts: [(String, String?)] = [
      ("SEQUENCE", String(item.sequence)), ("EVENT", item.event.rawValue), ("KIND", item.kind),
      ("NAME", item.name), ("ADDRESS", item.origin?.text), ("TIME", item.time),
      ("SINCE", item.since), ("UNTIL", item.until), ("RULE", item.rule), ("SERVICE", item.service),
      ("COUNTERPART", item.counterpart), ("FAILURES", String(item.failures)),
      ("PORT", item.port > 0 ? String(item.port) : nil), ("CAUSE", item.cause),
      ("MISSED", String(missed)),
    ]
    let path = ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    return [path, ("LC_ALL", "C")] + parts.map { ("ABL_\($0)", ($1 ?? "").shown) }
  }

  /// - Parameter seconds: how long it may run.
  public func start(seconds: Int) throws(NewsError) -> BoundedProcess {
    try BoundedProcess(
      words, environment: environment, input: item.line + [10], seconds: seconds)
  }
}
