import Policy
import Testing

@testable import Administration

/// More than one chunk, and more than a pipe holds.
@Suite struct PipeTests {
  private let machine = Machine()

  init() throws {
    let blockList = machine.blockList
    for number in 0..<1100 {
      let host = Host.address(.v4(0x0A00_0000 + UInt32(number)))
      let attempt = Attempt(user: nil, host: host, service: "sshd")
      try blockList.fileFailure(of: attempt, at: .now)
    }
  }

  private func shell(_ script: String) -> Ended {
    let words = ["-c", script, "sh", Machine.program, machine.config]
    return Machine.spawn(
      "/bin/sh", words.map { Array($0.utf8) }, environment: ["PATH=/usr/bin:/bin"])
  }

  @Test("lists each of them once") func everybody() {
    let names = machine.ablctl("list", "--quiet").lines
    #expect(names.count == 1100)
    #expect(Set(names).count == 1100)
    #expect(names.first == "10.0.0.0")
    #expect(names.last == "10.0.4.75")
  }

  @Test("counts each of them once") func statistics() throws {
    let counted = machine.ablctl("stats", "--by", "host", "--json").output
    #expect(counted.contains(#""failed":1100,"refused":0,"hosts":1100,"users":0,"#))
    #expect(counted.hasSuffix(#""others":{"count":1090,"failed":1090,"refused":0}}"# + "\n"))
    #expect(machine.ablctl("metrics").lines.contains(#"abl_subjects{kind="host"} 1100"#))
  }

  @Test("is quiet when nobody reads on, be the signal ignored or not")
  func head() {
    for trap in ["", "trap '' PIPE; "] {
      let ended = shell(trap + "\"$1\" list --json --config \"$2\" | head -1")
      #expect(ended.lines.count == 1)
      #expect(ended.error == "")
    }
  }

  @Test("says if it cannot write", arguments: ["list --config \"$2\"", "help", "--version"])
  func full(_ words: String) {
    let ended = shell("\"$1\" \(words) >/dev/full")
    #expect(
      ended.error == "ablctl: cannot write to standard output: No space left on device\n")
    #expect(ended.status == 1)
  }

  @Test("forgives all of them") func unblockAll() {
    let ended = machine.ablctl("unblock", "--all")
    #expect(ended.lines.first == "forgot the attempts of 1100 subjects, 0 of them blocked")
    #expect(ended.lines.count == 2)
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test("removes all of them when they have expired") func purge() throws {
    let later = try Later(seconds: 3 * 86_400, machine)
    let ended = machine.ablctl("purge", environment: later.environment)
    #expect(ended == Ended(status: 0, output: "removed 1100 subjects\n", error: ""))
    #expect(machine.ablctl("list", "--quiet").output == "")
    #expect(machine.ablctl("purge").output == "removed 0 subjects\n")
  }
}
