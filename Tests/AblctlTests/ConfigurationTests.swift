import Foundation
import Glibc
import Testing

@testable import Administration

@Suite struct ConfigurationTests {
  private let machine = Machine()

  private var places: String {
    "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
  }

  @Test("finds no mistakes") func right() {
    let ended = machine.ablctl("check-config")
    #expect(ended == Ended(status: 0, output: "\(machine.config): no mistakes\n", error: ""))
  }

  @Test("shows every mistake, and goes on with what is right") func wrong() {
    machine.configure(places + "host_rule = *:1/1h *:2/1hour\nhost_ruel = x\n")
    let mistakes = """
      \(machine.config):3:25: error: unknown unit; use 's', 'm', 'h' or 'd'
      host_rule = *:1/1h *:2/1hour
                              ^~~~
      \(machine.config):4:1: error: unknown key; did you mean 'host_rule'?
      host_ruel = x
      ^~~~~~~~~

      """
    let checked = machine.ablctl("check-config")
    #expect(checked == Ended(status: 1, output: "", error: mistakes))
    let failed = machine.ablctl("fail", "-H", "192.0.2.7", "-s", "x")
    #expect(failed == Ended(status: 0, output: "", error: mistakes))
    #expect(machine.ablctl("check", "-H", "192.0.2.7", "-s", "x").status == 2)
  }

  @Test("a warning is no failure") func warning() {
    machine.configure(places + "host_purge = 5m\nhost_rule = *:3/1h\n")
    let ended = machine.ablctl("check-config")
    #expect(
      ended.error == """
        \(machine.config):3:14: warning: raised to 1h, the least
        host_purge = 5m
                     ^~

        """)
    #expect(ended.output == "\(machine.config): 1 warning, no errors\n")
    #expect(ended.status == 0)
  }

  @Test(
    "cannot do without a configuration",
    arguments: ["check-config", "list", "purge"])
  func missing(command: String) {
    unlink(machine.config)
    let ended = machine.ablctl(command)
    let error = "ablctl: cannot open '\(machine.config)': No such file or directory\n"
    #expect(ended == Ended(status: 1, output: "", error: error))
  }

  @Test("does not trust what others may write") func untrusted() {
    chmod(machine.config, 0o666)
    let ended = machine.ablctl("list")
    #expect(
      ended.error == """
        ablctl: cannot trust '\(machine.config)': owner \(getuid()), mode 666; it must be root's and \
        nobody else may write to it

        """)
    #expect(ended.status == 1)
  }

  @Test("says who may use the store", .enabled(if: geteuid() == 0)) func notRoot() throws {
    try machine.fail(host: "192.0.2.7", user: nil, at: .now)
    chmod(machine.directory, 0o755)
    let words = ["--reuid=65534", "--clear-groups", Machine.program, "list", "-c", machine.config]
    let ended = Machine.spawn("/usr/bin/setpriv", words.map { Array($0.utf8) }, environment: [])
    let error =
      "ablctl: cannot open '\(machine.directory)/db': Permission denied; run it as root\n"
    #expect(ended == Ended(status: 1, output: "", error: error))
  }

  @Test("warns of what is hardly meant, which no other command does") func advice() {
    machine.configure(places + "user_rule = *:3/1h\nhost_rule = @x:1/1h\n")
    let ended = machine.ablctl("check-config")
    #expect(ended.output == "\(machine.config): 2 warnings, no errors\n")
    #expect(ended.status == 0)
    #expect(
      ended.error == """
        \(machine.config):3:13: warning: this is for root too, whom any stranger can lock by guessing: \
        '!root' leaves root out
        user_rule = *:3/1h
                    ^~~~~~
        \(machine.config):4:13: warning: this is taken for a name: groups and netgroups are not known here
        host_rule = @x:1/1h
                    ^~

        """)
    #expect(machine.ablctl("list").error == "")
  }

  @Test("warns of a program that is missing, is none, or that others may change") func programs() {
    let program = machine.directory + "/program"
    Machine.write("#!/bin/sh\n", to: program)
    func complaint(_ program: String) -> String? {
      machine.configure(places + "host_rule = *:3/1h\nhost_block_cmd = [\(program)] [%h]\n")
      let ended = machine.ablctl("check-config")
      #expect(ended.status == 0)
      let headline = ended.error.split(separator: "\n").first.map(String.init)
      let place = "\(machine.config):4:19: warning: "
      return headline.map { $0.hasPrefix(place) ? String($0.dropFirst(place.count)) : $0 }
    }
    #expect(complaint("/nowhere/nft") == "there is no such program: No such file or directory")
    #expect(complaint(machine.directory) == "this is no program, nor any file")
    #expect(complaint(program) == "this file is not executable")
    chmod(program, 0o755)
    #expect(complaint(program) == nil)
    chmod(program, 0o777)
    #expect(complaint(program) == "others than root may change this program, which root runs")
  }

  @Test(
    "warns of directories that no login can use, and leaves nothing there",
    .enabled(if: geteuid() == 0), arguments: ["db_home", "run_home"])
  func unusable(key: String) {
    let place = machine.directory
    symlink("/nowhere/at/all", place + "/dangling")
    symlink(place + "/loop", place + "/loop")
    symlink("/etc/passwd", place + "/passwd")
    mkdir(place + "/real", 0o700)
    symlink(place + "/real", place + "/another's")
    lchown(place + "/another's", 1000, 1000)
    mkdir(place + "/open", 0o777)
    chmod(place + "/open", 0o777)
    let made = key == "db_home" ? "store" : "table"
    for (path, why) in [
      ("\(place)/dangling", "no login can use this: cannot open '"),
      ("\(place)/loop", "no login can use this: cannot open '"),
      ("\(place)/passwd", "no login can use this: cannot open '"),
      ("\(place)/another's", "no login can use this: cannot open '"),
      ("/etc/passwd", "no login can use this: cannot open '/etc/passwd': Not a directory"),
      ("\(place)/open", "no login can use this: cannot trust '"),
      ("/" + String(repeating: "a", count: 300), "no login can use this: cannot open '"),
      ("/proc/abl", "the \(made) can't be made: '/proc': "),
    ] {
      machine.configure("host_rule = *:3/1h\n\(key) = \(path)\n")
      let ended = machine.ablctl("check-config")
      #expect(ended.error.contains(":2:\(key.count + 4): warning: " + why), "\(path)")
      #expect(ended.status == 0)
    }
    for path in ["new", "real"] {
      machine.configure("host_rule = *:3/1h\n\(key) = \(place)/\(path)\n")
      let ended = machine.ablctl("check-config")
      #expect(!ended.error.contains("no login") && !ended.error.contains("can't be made"))
    }
    #expect(access(place + "/new", F_OK) != 0)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    #expect(!names.contains { $0.hasPrefix(".abl-") })
  }

  @Test("notes a service that no stack is for") func services() {
    machine.configure(places + "host_rule = */other:3/1h */no-such-service:4/1h *:9/1h\n")
    let ended = machine.ablctl("check-config")
    guard access("/etc/pam.d/other", F_OK) == 0 else { return }
    #expect(
      ended.error == """
        \(machine.config):3:28: note: no program that asks PAM has this name: there is no such file in \
        /etc/pam.d
        host_rule = */other:3/1h */no-such-service:4/1h *:9/1h
                                   ^~~~~~~~~~~~~~~

        """)
    #expect(ended.output == "\(machine.config): no mistakes\n")
    #expect(machine.ablctl("check-config", "--json").output.contains(#""severity":"note""#))
  }

  @Test("warns of a store that can't be made, and of a table on a disk") func directories() {
    let home = "db_home = \(machine.directory)/none/db\n"
    machine.configure(home + "run_home = /dev/shm/none/abl\nhost_rule = *:3/1h\n")
    let none = "'\(machine.directory)/none': No such file or directory"
    let missing = machine.ablctl("check-config").error.split(separator: "\n")
    #expect(missing.count == 6)
    let complaint = "\(machine.config):1:11: warning: the store can't be made: \(none)"
    #expect(missing.first.map { String($0) } == complaint)
    let table = ":2:12: warning: the table can't be made: '/dev/shm/none': No such file"
    #expect(missing.dropFirst(3).first?.contains(table) == true)
    var status = stat()
    guard stat("/usr", &status) == 0, status.st_dev >> 8 != 0 else { return }
    machine.configure(places + "run_home = /usr/none/abl\nhost_rule = *:3/1h\n")
    let headline = machine.ablctl("check-config").error.split(separator: "\n").dropFirst(6).first
    #expect(headline?.contains(":3:12: warning: this is on a disk; a directory in memory") == true)
  }
}
