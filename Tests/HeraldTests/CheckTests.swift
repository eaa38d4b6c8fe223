import Foundation
import Harness
import Testing

/// `abl-courier --check`.
@Suite struct CheckTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { directory.file(name).path }

  private func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
    try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    chmod(path(name), mode)
  }

  /// - Parameter file: as seen from the directory.
  private func check(_ file: String = "cour.conf") throws -> Ended {
    let script = #"cd "$1" && exec "$2" --check --settings "$3""#
    let words = [script, "sh", directory.url.path, Repository.program("abl-courier"), file]
    return try Command("/bin/sh", ["-c"] + words).run()
  }

  @Test("a relative path begins where it is called") func relative() throws {
    try write("cour.conf", "digest = hourly\n  digest = weekly # no\n")
    let ended = try check()
    #expect(ended.status == 1 && ended.output.isEmpty)
    #expect(
      ended.error == """
        abl-courier: cour.conf:2:12: error: 'hourly', 'daily' or 'off' expected
          digest = weekly # no
                   ^~~~~~

        """)
    try write("cour.conf", "digest = hourly\n")
    #expect(try check().output == "cour.conf: no mistakes\n")
  }

  @Test("a file that is named must be there", arguments: ["cour.conf", "/nonexistent/\u{1B}"])
  func missing(_ file: String) throws {
    let ended = try check(file)
    #expect(ended.status == 1 && ended.output.isEmpty)
    let shown = file.replacingOccurrences(of: "\u{1B}", with: "?")
    #expect(ended.error == "abl-courier: there is no file '\(shown)'\n")
  }

  @Test("a file that others may write to isn't trusted", arguments: [0o666, 0o664, 0o646])
  func foreign(_ mode: mode_t) throws {
    try write("cour.conf", "digest = off\n", mode: mode)
    let ended = try check()
    #expect(ended.status == 1 && ended.output.isEmpty)
    #expect(ended.error.hasPrefix("abl-courier: cannot trust 'cour.conf': it must be a file that"))
  }

  @Test("a program and a key that aren't there are warned of") func warnings() throws {
    try write(
      "cour.conf", "sendmail=/nope\nreport_abuseipdb = off\nreport_blocklist_de = /nope/key\n")
    let ended = try check()
    #expect(ended.status == 0 && ended.output == "cour.conf: 2 warnings, no errors\n")
    let reason = "No such file or directory"
    #expect(
      ended.error == """
        abl-courier: cour.conf:1:10: warning: there is no such program: \(reason)
        sendmail=/nope
                 ^~~~~
        abl-courier: cour.conf:3:23: warning: cannot open '/nope/key': \(reason)
        report_blocklist_de = /nope/key
                              ^~~~~~~~~

        """)
    try write("program", "", mode: 0o755)
    try write("cour.conf", "sendmail = \(path("program"))\n")
    #expect(try check().output == "cour.conf: no mistakes\n")
    try write("program", "", mode: 0o644)
    #expect(try check().error.contains("1:12: warning: this file is not executable\n"))
  }
}
