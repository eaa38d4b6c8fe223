import Harness
import Policy
import Testing

@testable import Administration

/// What is longer than a screen is read in a pager; nothing else is.
@Suite struct PagerTests {
  private let machine: Machine

  init() throws {
    machine = Machine("host_rule = *:3/1h\n")
    for number in 1...60 {
      try machine.fail(host: "192.0.2.\(number)", user: "alice", at: .now, times: 1)
    }
  }

  /// On a terminal of 24 lines.
  private func lines(_ words: String, _ environment: [String]) -> [Substring] {
    let line =
      "stty cols 100 rows 24 -echo; '\(Machine.program)' \(words) --config '\(machine.config)'"
    let ended = Machine.spawn(
      "/usr/bin/script", ["-qec", line, "/dev/null"].map { Array($0.utf8) },
      environment: ["TZ=UTC", "LC_ALL=C", "TERM=xterm", "NO_COLOR=1"] + environment)
    return ended.output.split { $0.isNewline }
  }

  private let path = "PATH=/usr/bin:/bin"

  @Test("is the command that ABLCTL_PAGER has, else PAGER, and may stop to read")
  func named() {
    let paged = lines("list hosts", [path, "ABLCTL_PAGER=sed -n '1s/^/paged: /p;2q'"])
    #expect(paged.count == 1 && paged[0].hasPrefix("paged: "), "\(paged)")
    let other = lines("list hosts", [path, "PAGER=sed 's/^/by PAGER: /'"])
    #expect(other.count > 60 && other.allSatisfy { $0.hasPrefix("by PAGER: ") }, "\(other)")
    let none = lines("list hosts", [path, "ABLCTL_PAGER=", "PAGER=echo wrong"])
    #expect(none.count > 60 && !none.contains("wrong"), "\(none)")
    #expect(lines("list hosts --json", [path, "PAGER=echo wrong"]).count == 60)
    #expect(lines("list hosts", [path, "PAGER=echo wrong", "TERM=dumb"]).count > 60)
  }

  @Test("runs nothing that is named by the user of sudo") func sudo() {
    let words = ["SUDO_UID=1000", "ABLCTL_PAGER=echo wrong", "PAGER=echo wrong"]
    let all = lines("list hosts", ["PATH=/none"] + words)
    #expect(all.count > 60 && !all.contains("wrong"), "\(all)")
    let few = lines("explain 192.0.2.1", [path] + words)
    #expect(few.contains { $0.contains("host 192.0.2.1: clear") }, "\(few)")
    #expect(!few.contains("wrong"), "\(few)")
  }

  @Test("is none where a program reads") func piped() {
    let ended = machine.ablctl("list", "hosts")
    #expect(ended.lines.count > 60)
  }
}
