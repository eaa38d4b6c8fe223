import Foundation
import Harness
import Testing

/// What the log of the machine says, and under whose name.
@Suite("The log")
struct LogTests {
  @Test(
    "a block is told when it begins, once, with its rule and its end, before it refuses anybody")
  func blocking() throws {
    let stack = try Stack()
    try stack.configure("host_rule=*:3/1h\n")
    _ = try stack.attempts(3)
    let lines = try stack.text("syslog").split(separator: "\n").filter { $0.contains("blocking") }
    let line = try #require(lines.first)
    let told =
      #/^<notice> .*pam_abl: blocking host '192\.0\.2\.7' until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [-+]\d{4}: \*:3/1h, 3 attempts on record$/#
    #expect(line.contains(told), "\(line)")
    #expect(lines.count == 1)
    #expect(try !stack.text("syslog").contains("refusing"))
    _ = try stack.attempts(2)
    #expect(try stack.text("syslog").split(separator: "\n").count { $0.contains("blocking") } == 1)
  }

  @Test("what is said in the middle of another module, or of none, names pam_abl, and once")
  func name() throws {
    let stack = try Stack()
    try stack.configure("host_rule=*:1/1h\nhost_block_cmd=[/nonexistent/program] [%h]\nclubs=1\n")
    _ = try stack.attempts(3)
    let lines = try stack.text("syslog").split(separator: "\n")
    #expect(lines.count >= 4)
    #expect(
      lines.allSatisfy { $0.ranges(of: "pam_abl(").count + $0.ranges(of: "pam_abl: ").count == 1 })
  }
}
