import Policy
import Testing

/// What is advised about a rule for networks.
private func advice(_ rule: String) -> [String] {
  read("network_rule = " + rule).configuration.advice.map(\.rendered.description)
}

@Suite("Advice on rules for networks") struct NetworkAdviceTests {
  @Test(
    "warns of the first length for which there is no room, of each family",
    arguments: [
      ("/24|/23|/22|/24/sshd:9/1h /21:5/1h ::/32|", "/20", "|/19:3/1h", "IPv4"),
      ("/24|/23|/22|/21|", "/20", "|/19:3/1h", "IPv4"),
      ("::/32|/48|/56|/64|", "/40", "/sshd|/36|/24:3/1h", "IPv6"),
      ("/48|/56|/64|/40:3/1h ", "::/32", ":3/1h", "IPv6"),
    ])
  func room(_ row: (before: String, length: String, behind: String, family: String)) {
    let rule = row.before + row.length + row.behind
    let message = "of \(row.family) four lengths are counted, not this one or another behind them"
    let indent = String(repeating: " ", count: 15 + row.before.count)
    let mark = "^" + String(repeating: "~", count: row.length.count - 1)
    #expect(
      advice(rule) == [
        """
        abl.conf:1:\(16 + row.before.count): warning: \(message)
        network_rule = \(rule)
        \(indent)\(mark)
        """
      ])
  }

  @Test("has nothing to say where there is room, and of the clause of another service")
  func enough() {
    #expect(advice("/24|/23:3/1h /22|/21|/24:3/1h /48|/56|/64|::/32:2/1h").isEmpty)
    #expect(advice("/24|/23:3/1h /22|/21|/24/sshd:2/1d").isEmpty)
  }
}
