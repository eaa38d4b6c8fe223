import Foundation
import Harness
import Testing

extension Compliance {
  /// Files as they lie on machines, byte for byte. Where their databases would be, words say
  /// otherwise.
  @Suite("Configurations of others")
  struct Files {
    @Test("Debian's own", arguments: Module.allCases)
    func debian(_ module: Module) throws {
      let text = try String(
        contentsOfFile: Ancestor.file("etc/security/pam_abl.conf"), encoding: .utf8)
      let played = try play(text, on: module) { machine in
        var verdicts: [Verdict] = []
        for time in [0, 1, 2, 3, 4, 5] { verdicts.append(try machine.guess(at: time)) }
        verdicts.append(try machine.guess(at: 6, service: "su"))
        return verdicts
      }
      // user_rule=*/sshd:5/1h
      #expect(played.verdicts == [.wrong, .wrong, .wrong, .wrong, .wrong, .refused, .wrong])
      guard module == .ours else { return }
      #expect(
        played.errors
          == (8...11).map { line in
            // [logger] is in no directory, and the old one could not run it either.
            "pam_abl.conf:\(line):17: error: expected an absolute path; no PATH is searched"
          })
    }

    @Test("the one of a well-known how-to", arguments: Module.allCases)
    func howTo(_ module: Module) throws {
      let text = """
        host_db=/var/lib/abl/hosts.db
        host_purge=2d
        host_rule=*:10/1h,30/1d
        user_db=/var/lib/abl/users.db
        user_purge=2d
        user_rule=!root:10/1h,30/1d\u{20}

        """
      try expectTen(try play(text, on: module, tenGuesses), on: module)
    }

    @Test("the sample of the manual page", arguments: Module.allCases)
    func manual(_ module: Module) throws {
      let text = try manualSample()
      try expectTen(try play(text, on: module, tenGuesses), on: module)
    }

    private func tenGuesses(_ machine: Machine) throws -> [Verdict] {
      try (0...10).map { try machine.guess(at: $0) }
        + (11...12).map { try machine.guess(at: $0, user: "root", host: "192.0.2.8") }
    }

    private func expectTen(_ played: Played, on module: Module) throws {
      let ten = Array(repeating: Verdict.wrong, count: 10)
      #expect(played.verdicts == ten + [.refused, .wrong, .wrong])
      if module == .ours { #expect(played.errors == []) }
    }

    /// The lines of the section EXAMPLE of pam_abl.conf(5), without the indentation of the page.
    private func manualSample() throws -> String {
      let page = try Command(
        "zcat", [Ancestor.file("usr/share/man/man5/pam_abl.conf.5.gz")]
      ).run().lines
      let example = page.drop { $0 != ".SH \"EXAMPLE\"" }.dropFirst().prefix {
        !$0.hasPrefix(".SH")
      }
      let lines = example.filter { !$0.hasPrefix(".") && !$0.isEmpty }
      return lines.map { $0.replacing("\\-", with: "-").replacing("\\&", with: "") + "\n" }.joined()
    }

    private func play(
      _ text: String, on module: Module, _ body: (Machine) throws -> [Verdict]
    ) throws -> Played {
      var stack = Stack()
      stack.words = "db_home=DIR/store host_db=DIR/store/hosts.db user_db=DIR/store/users.db"
      let machine = try Machine(module, [], stack)
      try machine.write(text, to: "pam_abl.conf")
      return Played(verdicts: try body(machine), errors: try machine.errors)
    }

    private struct Played {
      let verdicts: [Verdict]
      let errors: [String]
    }
  }
}

extension Machine {
  fileprivate func guess(
    at time: Int, user: String = "bob", host: String = "192.0.2.7", service: String = "sshd"
  ) throws -> Verdict {
    try at(time) {
      try verdict(on: Login(password: "wrong", user: user, host: host, service: service))
    }
  }
}
