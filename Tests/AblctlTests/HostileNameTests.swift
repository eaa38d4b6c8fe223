import Foundation
import Policy
import Testing

@testable import Administration

@Suite struct HostileNameTests {
  private let machine = Machine()

  @Test(
    "counts, shows and forgives a name of any bytes, and prints it harmless",
    arguments: [
      ([0x1B, 0x5B, 0x33, 0x31, 0x6D], #"\x1b[31m"#),
      ([0xFF, 0xFE], #"\xff\xfe"#),
      (Array("a\"b'c".utf8), #"a"b'c"#),
      (Array("a\\x1b".utf8), #"a\\x1b"#),
      (Array("a\nb".utf8), #"a\x0ab"#),
      (Array("\u{202E}gnp".utf8), #"\xe2\x80\xaegnp"#),
      (Array("Jürgen 🙂".utf8), "Jürgen 🙂"),
      (Array("--all".utf8), "--all"),
      (Array("%s%n".utf8), "%s%n"),
      (Array("\u{10FFFF}".utf8), "\u{10FFFF}"),
    ] as [([UInt8], String)])
  func survives(name: [UInt8], shown: String) {
    let option = Array("--user=".utf8) + name
    let failed = machine.run([Array("fail".utf8), option] + ["-s", "sshd"].map { Array($0.utf8) })
    #expect(failed == Ended(status: 0, output: "", error: ""))
    // A dash in front would be an option of whoever is given the name.
    let word = shown.hasPrefix("-") ? #"\x2d"# + shown.dropFirst() : shown
    #expect(machine.ablctl("list", "--quiet").output == word + "\n")
    var expected = JSONObject()
    expected.set("name", shown)
    #expect(machine.ablctl("status").output.contains("  sshd, user \(shown): failed\n"))
    let member = String(decoding: expected.line().dropFirst().dropLast(), as: UTF8.self)
    #expect(machine.ablctl("list", "--json").output.contains(member))

    let checked = machine.run([Array("check".utf8), option])
    #expect(checked.output == "user \(shown): clear\n")
    // Ours come first here: behind `--` all words are names.
    let words = ["unblock", "--config", machine.config, "--"].map { Array($0.utf8) } + [name]
    let forgiven = Machine.spawn(Machine.program, words, environment: [])
    #expect(forgiven.output == "user \(shown): was not blocked; attempts forgotten\n")
    #expect(machine.ablctl("list", "--quiet").output == "")

    // What is printed is understood again.
    #expect(
      machine.run([Array("fail".utf8), option] + ["-s", "sshd"].map { Array($0.utf8) }) == failed)
    #expect(machine.ablctl("show", word, "--json").lines.count == 1)
    #expect(machine.ablctl("explain", word, "--json").output.contains(member))
    #expect(machine.ablctl("unblock", word).output == forgiven.output)
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test("takes a name as it is before it takes it as it is printed") func asItIs() {
    for name in ["a\nb", #"a\x0ab"#] { _ = machine.ablctl("fail", "-U", name, "-s", "sshd") }
    let forgiven = #"user a\\x0ab: was not blocked; attempts forgotten"#
    #expect(machine.ablctl("unblock", #"a\x0ab"#).output == forgiven + "\n")
    #expect(machine.ablctl("list", "--quiet").output == #"a\x0ab"# + "\n")
  }

  @Test("doesn't let a name look like columns, or like one without blanks around it")
  func columns() {
    for name in ["bob   9  blocked", " bob", "bob ", "a b"] {
      _ = machine.ablctl("fail", "-U", name, "-s", "sshd")
    }
    let names = machine.ablctl("list").lines.dropFirst().map {
      $0.dropFirst(6).prefix(30).trimmingCharacters(in: .whitespaces)
    }
    #expect(names == [#"\x20bob"#, "a b", #"bob\x20"#, #"bob \x20\x209 \x20blocked"#])
  }

  @Test("prints no control character of a mistaken argument") func usage() {
    let ended = machine.run([Array("list".utf8), Array("--\u{1B}[31m".utf8) + [0xFF]])
    #expect(ended.error.hasPrefix(#"Error: Unknown option '--\x1b[31m\xff'"#))
    #expect(ended.status == 64)
  }

  @Test("cuts a name as the module does") func long() {
    let name = String(repeating: "n", count: 300)
    _ = machine.ablctl("fail", "-U", name, "-s", "sshd")
    #expect(machine.ablctl("list", "--quiet").output.utf8.count == 256)
    #expect(machine.ablctl("show", name, "--json").lines.count == 1)
  }

  @Test("takes a name as it is printed, with every command that looks one up") func printed() throws
  {
    try machine.fail(host: "192.0.2.7", user: #"EXAMPLE\john"#, at: .now, times: 5)
    let name = String(machine.ablctl("list", "users", "--blocked", "--quiet").lines[0])
    #expect(name == #"EXAMPLE\\john"#)
    let checked = machine.ablctl("check", "-U", name)
    #expect(checked.status == 2)
    #expect(checked.output.hasPrefix(#"user EXAMPLE\\john: blocked by "#))
    #expect(machine.ablctl("check", "-U", #"EXAMPLE\john"#) == checked)
    // By ArgumentParser's way too.
    #expect(machine.ablctl("check", "--user=\(name)", "-c", machine.config).status == 2)
    #expect(machine.ablctl("show", name, "--json").lines.count == 5)
    #expect(machine.pamAbl("-c", "-U", name).status == 1)
    #expect(machine.pamAbl("-w", "-U", name).status == 0)
    #expect(machine.ablctl("check", "-U", name).status == 0)
  }

  @Test("takes a host as it is printed, and an IPv6 address in brackets") func printedHosts() throws
  {
    try machine.fail(host: "a\nb", user: nil, at: .now, times: 3)
    try machine.fail(host: "2001:db8::2", user: nil, at: .now, times: 3)
    for name in [#"a\x0ab"#, "a\nb", "[2001:db8::2]", "2001:DB8:0::2"] {
      #expect(machine.ablctl("check", "--quiet", "-H", name).status == 2, "\(name)")
      #expect(machine.ablctl("explain", name).lines[0].contains(": blocked by *:3/1h"), "\(name)")
    }
    #expect(machine.ablctl("unblock", "[2001:db8::2]").output == "host 2001:db8::/64: unblocked\n")
  }

  @Test("doesn't let a name look like columns of a history, or like a sentence of ours")
  func forged() throws {
    let blanks = String(repeating: " ", count: 28)
    let forgery = "root\(blanks)refused: both were blocked"
    try machine.fail(host: "192.0.2.7", user: forgery, service: "a  b", at: .now, times: 5)
    let spelled = String(repeating: #"\x20"#, count: 27)
    let cell = "root " + spelled + #"refused:\x20both were blocked"#
    for command in ["show", "explain --all"] {
      let words = command.split(separator: " ").map { Array($0.utf8) } + [Array("192.0.2.7".utf8)]
      let lines = machine.run(words).lines.filter { $0.contains("  a ") }
      #expect(lines.count == 5)
      for line in lines {
        #expect(line.hasSuffix(#"  a \x20b       "# + cell + "  failed"), "\(line)")
      }
    }
    let unblocked = "bob: was not blocked; attempts forgotten"
    try machine.fail(host: nil, user: unblocked, at: .now)
    #expect(
      machine.ablctl("unblock", unblocked).output
        == #"user bob:\x20was not blocked; attempts forgotten: was not blocked; attempts forgotten"#
        + "\n")
    let unknown = machine.ablctl("unblock", "it's")
    #expect(unknown.error == #"ablctl: nothing is known of 'it\x27s'"# + "\n")
  }
}
