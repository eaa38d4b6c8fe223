import BlockList
import Policy
import Testing
import Upkeep

@testable import Administration

@Suite struct ListTests {
  private let machine = Machine(
    "host_rule = *:3/1h\nuser_rule = !root/ftp:2/1d\nhost_whitelist = 10.0.0.0/8\n")
  private let now = Timestamp.now

  private func fill() throws {
    try machine.fail(host: "192.0.2.7", user: "root", at: now.adding(-60), times: 2)
    try machine.fail(host: "192.0.2.7", user: nil, at: now)
    try machine.fail(host: "2001:DB8::7", user: "bob", at: Timestamp(seconds: 1_000_000_000))
  }

  private var blockedHost: String {
    let (first, last) = (CivilTime(now.adding(-60)).rfc3339, CivilTime(now).rfc3339)
    let until = CivilTime(now.adding(3541)).rfc3339
    return #"{"kind":"host","name":"192.0.2.7","blocked":true,"rule":"*:3/1h","until":"\#(until)","#
      + #""standing":"blocked","failures":3,"first":"\#(first)","last":"\#(last)"}"#
  }

  @Test("prints an object a line, hosts first") func json() throws {
    try fill()
    let listed = machine.ablctl("list", "--json", "--service", "ftp")
    #expect(listed.status == 0)
    #expect(listed.error == "")
    let then = Timestamp(seconds: 1_000_000_000)
    let expected = [
      blockedHost, clear("host", "2001:db8::/64", 1, then), clear("user", "bob", 1, then),
      clear("user", "root", 2, now.adding(-60)),
    ]
    #expect(listed.lines.map { String($0) } == expected)
  }

  /// The line of one who isn't blocked and always failed at `time`.
  private func clear(_ kind: String, _ name: String, _ failures: Int, _ time: Timestamp) -> String {
    let time = CivilTime(time).rfc3339
    return #"{"kind":"\#(kind)","name":"\#(name)","blocked":false,"rule":null,"until":null,"#
      + #""standing":"clear","failures":\#(failures),"first":"\#(time)","last":"\#(time)"}"#
  }

  @Test(
    "takes one kind, and only who is blocked for the service, or for any",
    arguments: [
      (["hosts"], ["192.0.2.7", "2001:db8::/64"]),
      (["users"], ["bob", "root"]),
      ([], ["192.0.2.7", "2001:db8::/64", "bob", "root"]),
      (["--blocked"], ["192.0.2.7", "root"]),
      (["users", "--blocked"], ["root"]),
      (["--blocked", "--service", "ftp"], ["192.0.2.7"]),
      (["users", "--blocked", "-s", "ftp"], []),
    ] as [([String], [String])])
  func filters(arguments: [String], names: [String]) throws {
    try fill()
    let listed = machine.run((["list", "--quiet"] + arguments).map { Array($0.utf8) })
    #expect(listed.lines.map { String($0) } == names)
    #expect(listed.status == 0)
  }

  @Test("draws a table, without colour where nobody looks") func table() throws {
    try fill()
    let listed = machine.ablctl("list", "--service", "ftp")
    let (first, last) = (CivilTime(now.adding(-60)).text, CivilTime(now).text)
    #expect(
      listed.output == """
        KIND     NAME                            FAILURES  LAST ATTEMPT         STATE
        host     192.0.2.7                              3  \(last)  blocked by *:3/1h, ends in 59 min
        host     2001:db8::/64                          1  2001-09-09 01:46:40  clear
        user     bob                                    1  2001-09-09 01:46:40  clear
        user     root                                   2  \(first)  clear

        """)
  }

  @Test("tells times of the place that TZ names, in tables only") func localTime() throws {
    try fill()
    let table = machine.ablctl("list", "hosts", environment: ["TZ=JST-9"])
    #expect(table.lines.last?.contains("2001-09-09 10:46:40") == true)
    let json = machine.ablctl("list", "hosts", "--json", environment: ["TZ=JST-9"])
    #expect(json.lines.last?.contains("2001-09-09T01:46:40Z") == true)
  }

  @Test("does not show as blocked who is on an allow list") func allowed() throws {
    try machine.fail(host: "192.0.2.9", user: nil, at: now, times: 3)
    machine.configure(
      "db_home = \(machine.directory)/db\nrun_home = \(machine.directory)/run\n"
        + "host_rule = *:3/1h\nhost_whitelist = 192.0.2.9\n")
    #expect(machine.ablctl("list", "--blocked", "--quiet").output == "")
    #expect(machine.ablctl("list").lines.last?.hasSuffix("  allowed") == true)
    let json = machine.ablctl("list", "--json").output
    #expect(json.contains(#""blocked":false,"rule":null,"until":null,"standing":"allowed","#))
  }

  @Test("says so if there is nobody") func nobody() {
    #expect(machine.ablctl("list").output == List.emptiness(MachineFiles()) + "\n")
    #expect(machine.ablctl("list", "--blocked").output == "nobody is blocked\n")
    #expect(machine.ablctl("list", "--json").output == "")
    #expect(machine.ablctl("list", "--quiet").output == "")
  }

  @Test(
    "has them in another order, and the first of them only",
    arguments: [
      (["--sort", "name"], ["192.0.2.7", "2001:db8::/64", "bob", "root"]),
      (["--sort", "failures"], ["192.0.2.7", "root", "2001:db8::/64", "bob"]),
      (["--sort", "last"], ["192.0.2.7", "root", "2001:db8::/64", "bob"]),
      (["--sort", "last", "users"], ["root", "bob"]),
      (["--top", "3"], ["192.0.2.7", "2001:db8::/64", "bob"]),
      (["--sort", "failures", "--top", "2"], ["192.0.2.7", "root"]),
      (
        ["--sort", "failures", "--top", "9223372036854775807", "--blocked"], ["192.0.2.7", "root"]
      ),
      (["--blocked", "--top", "1"], ["192.0.2.7"]),
    ] as [([String], [String])])
  func order(arguments: [String], names: [String]) throws {
    try fill()
    let listed = machine.run((["list", "--quiet"] + arguments).map { Array($0.utf8) })
    #expect(listed == Ended(status: 0, output: names.map { $0 + "\n" }.joined(), error: ""))
  }

  @Test("prints the same line of each in any order") func sortedLines() throws {
    try fill()
    for format in [[], ["--json"]] {
      let words = ["list", "--service", "ftp"] + format
      let plain = machine.run(words.map { Array($0.utf8) })
      let sorted = machine.run((words + ["--sort", "last"]).map { Array($0.utf8) })
      #expect(sorted.lines != plain.lines)
      #expect(sorted.lines.sorted() == plain.lines.sorted())
    }
    #expect(machine.ablctl("list", "--sort", "last", "--top", "1").lines.count == 3)
  }

  @Test("shows as many subjects and decrees as --top says, and tells how many more there are")
  func top() throws {
    try fill()
    let network = Network(.v4(0xC633_6400), prefixLength: 24)
    let orders: [DecreeOrder] = [
      DecreeOrder(.block, .network(network), by: "root", at: now),
      DecreeOrder(.allow, .user("zoe"), by: "root", at: now),
    ]
    try machine.blockList.decree(orders, at: now)
    for order in SubjectOrder.allCases.map({ $0.rawValue }) {
      func shown(_ top: String, _ words: String...) -> (rows: Int, last: String) {
        let all = ["list"] + words + ["--sort", order, "--top", top]
        let lines = machine.run(all.map { Array($0.utf8) }).lines.filter { !$0.isEmpty }
        let rows = lines.filter { !$0.hasPrefix("KIND") && !$0.hasPrefix("(") }
        return (rows.count, String(lines.last ?? ""))
      }
      #expect(shown("3") == (3, "(1 subject and 2 decrees more)"))
      #expect(shown("4") == (4, "(2 decrees more)"))
      #expect(shown("5") == (5, "(1 decree more)"))
      #expect(shown("6").rows == 6 && shown("6").last.hasPrefix("allow of user zoe"))
      #expect(shown("1", "hosts") == (1, "(1 subject more)"))
      #expect(shown("1", "decrees") == (1, "(1 decree more)"))
      #expect(shown("1", "--blocked") == (1, "(1 subject and 1 decree more)"))
      #expect(shown("1", "--json").rows == 1 && shown("1", "--json").last.hasPrefix("{"))
    }
  }

  @Test("keeps the first of very many in their order") func ranking() {
    var ranking = SubjectRanking(.failures, top: 3)
    for number in 0..<2500 {
      var failures: [Timestamp] = []
      for _ in 0..<(number * 7919 % 50) { failures.append(Timestamp(seconds: 1)) }
      let key = Array("u\(number)".utf8)[...]
      let attempts = failures.enumerated().map { id, time in
        RecordedAttempt(
          id: UInt64(id), time: time, state: .failed, reason: .authentication, service: "sshd",
          counterpart: nil)
      }
      let summary = SubjectSummary(SubjectRecord(nil, adding: attempts))
      let subject = SummarizedSubject(
        key: key, summary: summary, times: failures.map { Guess($0) }, series: Series())
      ranking.add(SubjectRow(subject, .clear))
    }
    let first = (0..<2500).filter { $0 * 7919 % 50 == 49 }.prefix(3)
    let names = ranking.rows.map { String(decoding: $0.subject.key.dropFirst(), as: UTF8.self) }
    #expect(names == first.map { String($0) })
  }

  @Test("says so of an order with nobody in it") func orderOfNobody() {
    #expect(
      machine.ablctl("list", "--sort", "last").output == List.emptiness(MachineFiles()) + "\n")
  }
}
