import Foundation
import Harness
import Testing

@Suite("A line with trial=BOOT:SECONDS")
struct TrialTests {
  private static let boot = "/proc/sys/kernel/random/boot_id"

  /// A word that ends so many seconds from now, in this boot.
  private func word(_ seconds: Int) throws -> String {
    let id = try String(contentsOfFile: Self.boot, encoding: .utf8).prefix(36)
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return "trial=\(id):\(time.tv_sec + seconds)"
  }

  @Test("counts and refuses until its end") func running() throws {
    let stack = try Stack("host_rule=*:2/1h\n", words: word(3600))
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.judged == 2)
    #expect(try stack.failures(of: "host") == 2)
    #expect(try stack.log.filter { $0.contains("error:") } == [])
  }

  @Test(
    "is nothing afterwards, in another boot, or if it can't be understood, also for who is blocked",
    arguments: [
      "over", "trial=00000000-0000-0000-0000-000000000000:999999999", "trial=", "trial=x", "cut",
      "number",
    ])
  func over(_ kind: String) throws {
    let words =
      switch kind {
      case "over": try word(-1)
      case "cut": String(try word(3600).prefix(41))
      case "number": String(try word(3600).prefix(42)) + ":x"
      default: kind
      }
    let stack = try Stack("host_rule=*:2/1h\n", words: words)
    #expect(try stack.attempts(3) == ["7", "7", "7"])
    #expect(try stack.judged == 3)
    #expect(!stack.exists("store"))
    #expect(try stack.log == [])
  }

  @Test("ends while a program goes on: nothing has to be restarted, and nothing has to run")
  func ends() throws {
    let stack = try Stack("host_rule=*:1/1h\n", words: word(1_000_000))
    _ = try stack.attempts(2)
    #expect(try stack.judged == 1)
    try stack.services(
      "auth required \(Stack.module) config=\(stack.path("pam_abl.conf")) \(word(0))",
      "auth required \(Stack.check) password=right log=\(stack.path("judged"))")
    #expect(try stack.attempts(1) == ["7"])
    #expect(try stack.judged == 2)
  }
}
