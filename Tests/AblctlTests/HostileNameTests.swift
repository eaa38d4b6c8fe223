import Policy
import Testing

@testable import ablctl

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
    #expect(machine.ablctl("list", "--quiet").output == shown + "\n")
    var expected = JSONObject()
    expected.set("name", shown)
    let member = String(decoding: expected.line().dropFirst().dropLast(), as: UTF8.self)
    #expect(machine.ablctl("list", "--json").output.contains(member))

    let checked = machine.run([Array("check".utf8), option])
    #expect(checked.output == "user \(shown): clear\n")
    // Ours come first here: behind `--` all words are names.
    let words = ["unblock", "--config", machine.config, "--"].map { Array($0.utf8) } + [name]
    let forgiven = Machine.spawn(Machine.program, words, environment: [])
    #expect(forgiven.output == "user \(shown): was not blocked; attempts forgotten\n")
    #expect(machine.ablctl("list", "--quiet").output == "")
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
}
