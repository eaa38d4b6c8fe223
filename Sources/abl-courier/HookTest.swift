internal import Glibc
internal import Hooks
internal import News

/// Runs hooks for events that are made up, one after the other, and shows what came of it.
struct HookTest {
  private let directory: HookDirectory
  private let path: String
  private let seconds: Int

  init(_ options: Options, _ settings: CourierSettings) {
    (directory, path) = (HookDirectory(options.hooks), options.hooks)
    seconds = settings.hookSeconds
  }

  /// - Returns: the exit status: 0 if all ended with 0.
  func run(_ name: String?) -> Int32 {
    for refusal in directory.refusals { print(refusal) }
    let hooks = directory.hooks.filter { name == nil || $0.name == name }
    guard !hooks.isEmpty else {
      print("'\(path.shown)' has no \(name.map { "hook '\($0.shown)'" } ?? "hooks")")
      return 1
    }
    var isRight = directory.refusals.isEmpty || name != nil
    for hook in hooks where !test(hook) { isRight = false }
    return isRight ? 0 : 1
  }

  private func test(_ hook: Hook) -> Bool {
    guard let item = Self.item(hook.kind == .purge ? "ended" : "began") else { return false }
    let begun = Clock.milliseconds
    do throws(NewsError) {
      let process = try HookCall(hook, item).start(seconds: seconds)
      let ending = process.wait()
      print("\(hook.name): \(ending.text) after \(Clock.milliseconds - begun) ms")
      for line in process.output.split(separator: 10).prefix(20) {
        print("  " + String(decoding: line, as: UTF8.self).shown)
      }
      return ending == .exited(0)
    } catch {
      print("\(hook.name): \(error.message)")
      return false
    }
  }

  /// Of an address that no host has (RFC 5737).
  private static func item(_ event: String) -> NewsItem? {
    let now = Clock.utc(Clock.now)
    let until = Clock.utc(Clock.now + 3600)
    return NewsItem(
      line: Array(
        """
        {"sequence":0,"time":"\(now)","event":"\(event)","kind":"host","name":"192.0.2.1",\
        "since":"\(now)","until":"\(until)","rule":"*:10/1h","failures":10,"service":"sshd",\
        "counterpart":"test","port":50000,"by":"attempt","reason":null}
        """.utf8))
  }
}
