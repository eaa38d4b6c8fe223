import Glibc
import Policy
import Testing

import func Harness.eventually

@testable import Administration

@Suite struct OldToolUsageTests {
  private let machine = Machine()

  @Test("purges, says what, and tells nothing otherwise") func purge() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: Timestamp.now.adding(-4 * 86_400))
    let verbose = machine.pamAbl("-pv")
    let expected = """
      Reading config from \(machine.config)
      Purging \(machine.directory)/db/data.mdb

      """
    #expect(verbose == Ended(status: 0, output: expected, error: ""))
    #expect(machine.ablctl("list", "--quiet").output == "")
    #expect(machine.pamAbl("--purge") == Ended(status: 0, output: "", error: ""))
    #expect(machine.pamAbl("-u") == Ended(status: 0, output: "", error: ""))
  }

  @Test("prints the commands, split into arguments") func commands() {
    let places = "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
    machine.configure(
      places + "host_block_cmd = [/usr/bin/logger] [block] x [host] [%h]\n"
        + "host_clear_cmd=[/usr/bin/logger] [clear %h \\[x\\]]\n")
    let expected = """
      host_block_cmd: "/usr/bin/logger" "block" "host" "%h"\u{20}
      host_clear_cmd: "/usr/bin/logger" "clear %h [x]"\u{20}
      user_block_cmd: No command
      user_clear_cmd: No command

      """
    for option in ["-d", "--debugcommand", "-pd"] {
      #expect(machine.pamAbl(option) == Ended(status: 0, output: expected, error: ""))
    }
  }

  @Test("runs the commands, when it blocks and when it clears", .enabled(if: geteuid() == 0))
  func runsCommands() {
    let places = "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
    machine.configure(
      places + "host_rule = *:2/1h\nhost_block_cmd = [/usr/bin/touch] [\(machine.directory)/+%h]\n"
        + "host_clear_cmd = [/usr/bin/touch] [\(machine.directory)/-%h]\n")
    func wasRun(_ file: String) -> Bool {
      eventually { access(machine.directory + "/" + file, F_OK) == 0 }
    }
    for _ in 0..<2 { _ = machine.pamAbl("-f", "-H", "192.0.2.7") }
    #expect(wasRun("+192.0.2.7"))
    #expect(access(machine.directory + "/-192.0.2.7", F_OK) != 0)
    _ = machine.pamAbl("-w", "-H", "192.*")
    #expect(wasRun("-192.0.2.7"))
  }

  @Test(
    "says what makes no sense, and does the rest",
    arguments: [
      (["-Zp"], 0, "pam_abl: invalid option -- 'Z'\n"),
      (["--foo", "-p"], 0, "pam_abl: unrecognized option '--foo'\n"),
      (["--purge=1"], 0, "pam_abl: option '--purge' doesn't allow an argument\n"),
      (["-p", "--re"], 0, "pam_abl: option '--re' is ambiguous\n"),
      (["-f"], 1, "ERROR: Asked to fail someone but no hosts or users given!\n"),
      (["-w"], 1, "ERROR: Asked to whitelist but no hosts or users given!\n"),
      (["-c"], 1, "ERROR: Asked to check but no hosts or users given!\n"),
      (
        ["-f", "-U", "eve", "-R", "FOO"], 0,
        "ERROR: No valid block reason given, defaulting to AUTH.\n"
      ),
      (["-p", "-\u{1B}"], 0, "pam_abl: invalid option -- '\\x1b'\n"),
    ] as [([String], Int32, String)])
  func complaints(options: [String], status: Int32, error: String) {
    let ended = machine.pamAbl(([machine.config] + options).map { Array($0.utf8) })
    let output =
      options == ["--purge=1"] ? "Failed users:\n   <none>\nFailed hosts:\n   <none>\n" : ""
    #expect(ended == Ended(status: status, output: output, error: error))
  }

  @Test("wants a value where one must be") func missingValue() {
    let ended = machine.pamAbl([machine.config, "-p", "-H"].map { Array($0.utf8) })
    #expect(ended.error == "pam_abl: option requires an argument -- 'H'\n")
    let long = machine.pamAbl([machine.config, "-p", "--host"].map { Array($0.utf8) })
    #expect(long.error == "pam_abl: option '--host' requires an argument\n")
  }

  @Test("takes a configuration anywhere, behind -- as well") func words() {
    let none = "Failed users:\n   <none>\nFailed hosts:\n   <none>\n"
    for words in [
      [machine.config, "extra"], ["--", machine.config], [machine.config, "--", "-v"],
    ] {
      #expect(machine.pamAbl(words.map { Array($0.utf8) }).output == none)
    }
  }

  @Test("ends with the errno if there is no configuration") func noConfiguration() {
    let ended = machine.pamAbl([Array("-v".utf8), Array("/none".utf8)])
    let error = "ERROR: cannot open '/none': No such file or directory\n"
    #expect(ended == Ended(status: 2, output: "Reading config from /none\n", error: error))
  }

  @Test("tells the mistakes of the configuration, a line each, and goes on") func mistakes() {
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\nhost_ruel=x\n"
        + "host_blk_cmd=x\n")
    let ended = machine.pamAbl("-p")
    let lines = ended.error.split(separator: "\n")
    #expect(
      lines.first == "ERROR: \(machine.config):3:1: error: unknown key; did you mean 'host_rule'?")
    #expect(lines.last?.hasPrefix("WARNING: \(machine.config):4:1: warning: ") == true)
    #expect(lines.count == 2)
    #expect(ended.status == 0)
  }

  @Test("ends with 1 if the store can't be used") func noStore() {
    Machine.write("", to: machine.directory + "/db")
    let ended = machine.pamAbl("-c", "-U", "eve")
    #expect(ended.error.hasPrefix("ERROR: cannot open '\(machine.directory)/db': "))
    #expect(ended.status == 1)
  }

  @Test("has help") func help() {
    for option in ["-h", "--help", "-hv"] {
      let ended = machine.pamAbl([Array(option.utf8)])
      #expect(ended.output.hasPrefix("Usage: pam_abl [OPTION] [CONFIG]\n"))
      #expect(ended.status == 0)
    }
  }

  @Test(
    "matches names",
    arguments: [
      ("*", "", true), ("?", "", false), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false),
      ("*.*.*", "a.b.c", true), ("a?c", "abc", true), ("a?c", "ac", false), ("abc", "abc", true),
      ("abc", "abcd", false), ("a**c", "ac", true), ("*a", "aba", true), ("[a]*", "a", false),
    ] as [(String, String, Bool)])
  func patterns(pattern: String, name: String, isMatch: Bool) {
    let pattern = NamePattern(Array(pattern.utf8), .user)
    #expect(pattern.matches(.user(Name(Array(name.utf8)))) == isMatch)
  }

  @Test("doesn't take long for a hostile pattern") func slowPattern() {
    let pattern = NamePattern(Array(String(repeating: "*a", count: 2000).utf8), .user)
    #expect(!pattern.matches(.user(Name([UInt8](repeating: 0x61, count: 255)))))
  }
}
