import Policy
import Testing

@testable import Administration

@Suite struct FailTests {
  private let machine = Machine(
    "host_rule = *:2/1h\nuser_rule = *:9/1h\nhost_whitelist = 10.0.0.1\n")

  @Test("counts for the host and for the user, and says nothing") func counts() {
    let ended = machine.ablctl("fail", "-H", "192.0.2.7", "-U", "eve", "-s", "webmail")
    #expect(ended == Ended(status: 0, output: "", error: ""))
    #expect(machine.ablctl("list", "--quiet").output == "192.0.2.7\neve\n")
    let shown = machine.ablctl("show", "eve", "--json").output
    #expect(
      shown.contains(#""service":"webmail","user":"eve","host":"192.0.2.7","state":"failed""#))
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 0)
    _ = machine.ablctl("fail", "--host", "192.0.2.7", "--service", "webmail")
    #expect(machine.ablctl("check", "-H", "192.0.2.7").status == 2)
    #expect(machine.ablctl("show", "eve", "--json").lines.count == 1)
  }

  @Test("leaves out who is on an allow list") func allowed() {
    let ended = machine.ablctl("fail", "-H", "10.0.0.1", "-U", "eve", "-s", "webmail")
    #expect(ended == Ended(status: 0, output: "", error: ""))
    #expect(machine.ablctl("list", "--quiet").output == "eve\n")
  }

  @Test(
    "counts an address in brackets, and a prefix as it is listed, for that host",
    arguments: [
      ("[2001:db8::1]", "2001:db8::/64"), ("2001:db8::/64", "2001:db8::/64"),
      ("[2001:db8::]/64", "2001:db8::/64"), ("[192.0.2.7]", "192.0.2.7"),
      ("192.0.2.7/32", "192.0.2.7"), ("gate.example.org", "gate.example.org"),
      // A stranger may have such a name in DNS.
      ("192.0.2.256", "192.0.2.256"),
    ])
  func spelled(host: String, listed: String) {
    let ended = machine.ablctl("fail", "-H", host, "-s", "webmail")
    #expect(ended == Ended(status: 0, output: "", error: ""))
    #expect(machine.ablctl("list", "--quiet").output == listed + "\n")
  }

  @Test(
    "counts nothing for what is only like an address",
    arguments: [
      ("192.0.2.1:22", "it is neither"), ("[2001:db8::1]:22", "it is neither"),
      ("foo bar", "it is neither"),
      ("2001:db8::/48", "it is a network"), ("192.0.2.0/24", "it is a network"),
      ("192.0.2.1,192.0.2.2", "it is a list"), ("2001:db8::zz", "it is neither"),
    ])
  func nonsense(host: String, why: String) {
    let ended = machine.ablctl("fail", "-H", host, "-U", "eve", "-s", "webmail")
    #expect(ended.status == 64)
    #expect(ended.error.hasPrefix("Error: No host can be '\(host)': \(why)"))
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  /// A guesser must not go uncounted by its name, where a script hands that on.
  @Test(
    "what stands behind -U and -H is a name, also one that begins with a dash",
    arguments: ["--x", "-s", "--config"])
  func dash(name: String) {
    let ended = machine.ablctl("fail", "-H", "192.0.2.7", "-U", name, "-s", "webmail")
    #expect(ended == Ended(status: 0, output: "", error: ""))
    // So that it can't be taken for an option of the next command.
    let shown = "\\x2d" + name.dropFirst()
    #expect(machine.ablctl("list", "--quiet").output == "192.0.2.7\n\(shown)\n")
    for _ in 1...8 { _ = machine.ablctl("fail", "-U", name, "-s", "webmail") }
    #expect(machine.ablctl("check", "-U", name).status == 2)
  }
}
