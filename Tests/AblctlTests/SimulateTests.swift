import Testing

@testable import Administration

@Suite struct SimulateTests {
  private let machine = Machine()

  /// - Parameter options: its words.
  private func simulate(_ options: [String], _ history: String) -> Ended {
    let file = machine.directory + "/history"
    Machine.write(history, to: file)
    let words = ["simulate"] + options + ["--history", file]
    return Machine.spawn(Machine.program, words.map { Array($0.utf8) }, environment: ["TZ=UTC"])
  }

  private let history = """
    {"time": 0, "kind": "host", "name": "192.0.2.7", "service": "sshd", "port": [22, {"a": null}]}
    {"time": "1970-01-01T00:00:02Z", "kind": "host", "name": "::FFFF:192.0.2.7", "service": null}

    {"kind": "user", "name": "J\\u00fcrgen \\ud83d\\ude42\\u001b", "time": 4.5}
    {"kind": "host", "name": "10.0.0.1", "time": 6}
    {"kind": "host", "name": "UNKNOWN", "time": 6}
    {"kind": "user", "name": "", "time": 6}
    """

  @Test("says of each subject of the rule's kind whether it is blocked, in order") func text() {
    let ended = simulate(["--host-rule", "*:9/1h,2/1m", "--at", "10"], history)
    let expected = """
      host 192.0.2.7: blocked by *:2/1m until 1970-01-01 00:01:01 (in 51 s)
      host 10.0.0.1: clear

      """
    #expect(ended == Ended(status: 0, output: expected, error: ""))
  }

  @Test("says it in JSON, of both kinds") func json() {
    let ended = simulate(
      ["--host-rule", "*:2/1h", "--user-rule", "!root/ftp:1/10", "--json", "-s", "sshd"]
        + ["--at", "1970-01-01T01:00:05+01:00"], history)
    let ftp = #""rule":"!root/ftp:1/10s","until":"1970-01-01T00:00:15Z","standing":"blocked"}"#
    let hour = #""rule":"*:2/1h","until":"1970-01-01T01:00:01Z","standing":"blocked"}"#
    let clear = #""limit":null,"rule":null,"until":null,"standing":"clear"}"#
    let expected: [String] = [
      #"{"kind":"host","name":"192.0.2.7","blocked":true,"limit":"2/1h","# + hour,
      #"{"kind":"user","name":"Jürgen 🙂\\x1b","blocked":true,"limit":"1/10s","# + ftp,
      #"{"kind":"host","name":"10.0.0.1","blocked":false,"# + clear,
    ]
    #expect(ended.lines.map { String($0) } == expected)
    #expect(ended.error == "")
    #expect(ended.status == 0)
  }

  @Test(
    "judges as pam_abl does",
    arguments: [
      ("*:5/10s", nil, 10, true), ("*:6/10s", nil, 10, false), ("*:5/9s", nil, 10, false),
      ("*:1/0s", nil, 8, nil), ("*:5/1h", nil, 3600, true), ("*:5/1h", nil, 3601, false),
      ("*:1/10,5/1h", nil, 19, true), ("*/sshd:5/10s", "ssh", 10, false),
      ("*/sshd:5/10s", "sshd", 10, true), ("*/sshd:5/10s", nil, 10, true),
      ("!bob:5/10s", nil, 10, false), ("bob|x:5/10s", nil, 10, true), ("", nil, 10, false),
      ("*:5/10s", nil, -7, true),
    ] as [(String, String?, Int, Bool?)])
  func judges(rule: String, service: String?, now: Int, isBlocked: Bool?) {
    let lines = [0, 2, 4, 6, 8].map { #"{"time":\#($0),"kind":"user","name":"bob"}"# }
    let options = ["--user-rule", rule, "--at", "\(now)"] + (service.map { ["-s", $0] } ?? [])
    let ended = simulate(options, lines.joined(separator: "\n"))
    #expect(ended.status == (isBlocked == nil ? 64 : 0))
    #expect(ended.output.isEmpty == (isBlocked == nil))
    #expect(ended.output.hasPrefix("user bob: blocked by ") == (isBlocked ?? false))
  }

  @Test("shows the mistakes of a rule") func badRule() {
    let ended = simulate(["--host-rule", "*:2/1x,1/1m *:1/1h nobody", "--at", "10"], history)
    let expected = """
      --host-rule:1:6: error: unknown unit; use 's', 'm', 'h' or 'd'
      *:2/1x,1/1m *:1/1h nobody
           ^
      --host-rule:1:26: error: expected ':' and a limit, like ':10/1h'
      *:2/1x,1/1m *:1/1h nobody
                               ^

      """
    #expect(ended == Ended(status: 64, output: "", error: expected))
  }

  @Test(
    "names the line and the column of what is wrong with a history",
    arguments: [
      (#"{"time":1,"kind":"host"}"#, "1: 'name' is missing"),
      (#"{"kind":"host","name":"x"}"#, "1: 'time' is missing"),
      (#"{"time":1,"name":"x"}"#, "1: 'kind' is missing"),
      (#"{"é":1 x}"#, "8: expected ',' or '}'"),
      (#"[1]"#, "1: expected an object, '{'"),
      (#"{"time":"now"}"#, "9: expected a time: seconds since 1970, or \"2026-11-21T04:12:33Z\""),
      (#"{"time":1e9}"#, "9: expected a time: seconds since 1970, or \"2026-11-21T04:12:33Z\""),
      (#"{"time":true}"#, "9: expected a value"),
      (#"{"kind":"net"}"#, "9: expected \"host\", \"network\", \"user\", \"home\" or \"caller\""),
      (#"{"kind":"host","kind":"host"}"#, "23: this key was there before"),
      (#"{"name":7}"#, "9: expected a string, '\"'"),
      (#"{"service":7}"#, "12: expected a string, '\"'"),
      (#"{"time":1} {}"#, "12: expected the end of the line"),
    ] as [(String, String)])
  func badHistory(line: String, message: String) {
    let first = #"{"time":1,"kind":"host","name":"x"}"#
    let ended = simulate(
      ["--user-rule", "*:1/1h", "--at", "1"], first + "\n" + line + "\n" + first)
    #expect(
      ended == Ended(status: 1, output: "", error: machine.directory + "/history:2:\(message)\n"))
  }

  @Test("takes a line of 1 MiB, and no longer one") func longLine() {
    let name = String(repeating: "n", count: 1 << 20)
    let line = #"{"time":1,"kind":"host","name":"x","comment":"\#(name)"}"#
    let ended = simulate(["--host-rule", "*:1/1h", "--at", "1"], "\n" + line + "\n")
    #expect(ended.error == machine.directory + "/history:2: the line is longer than 1 MiB\n")
    let fits = line.replacing(name, with: name.dropLast(60))
    #expect(simulate(["--host-rule", "*:1/1h", "--at", "1"], fits).status == 0)
  }

  @Test("reads standard input, and says what it cannot read") func input() {
    let script =
      #"printf '{"time":1,"kind":"host","name":"x"}' | "$1" simulate --host-rule "*:2/1h" "#
    let words = ["-c", script + "--history - --at 1", "sh", Machine.program].map { Array($0.utf8) }
    let ended = Machine.spawn("/bin/sh", words, environment: ["PATH=/bin"])
    #expect(ended == Ended(status: 0, output: "host x: clear\n", error: ""))
    let missing = Machine.spawn(
      Machine.program,
      ["simulate", "--host-rule", "", "--at", "1", "--history", "/none"].map { Array($0.utf8) },
      environment: [])
    let error = "ablctl: cannot open '/none': No such file or directory\n"
    #expect(missing == Ended(status: 1, output: "", error: error))
  }

  @Test("wants a rule, and a time that is one") func usage() {
    #expect(
      simulate(["--at", "1"], "").error.hasPrefix("Error: Nothing to judge. Give a --host-rule"))
    #expect(simulate(["--at", "1"], "").status == 64)
    #expect(simulate(["--host-rule", "", "--at", "noon"], "").status == 64)
  }
}

@Suite struct RuleComparisonTests {
  private let machine = Machine(
    "host_rule = *:3/1h\nuser_rule = !root:5/1d\nhost_whitelist = 10.0.0.0/8\n")

  init() throws {
    for (host, times) in [("192.0.2.2", 2), ("192.0.2.3", 3), ("192.0.2.9", 9), ("192.0.2.1", 1)] {
      try machine.fail(host: host, user: "u\(times)", at: .now, times: times)
    }
    try machine.fail(host: "10.0.0.1", user: nil, at: .now, times: 9)
  }

  @Test("without a history says whom another rule would block or free, of those on record")
  func difference() {
    let stricter = machine.ablctl("simulate", "--host-rule", "*:2/1h")
    #expect(stricter.lines.count == 2)
    #expect(stricter.lines[0].hasPrefix("host 192.0.2.2: would be blocked by *:2/1h until "))
    #expect(stricter.lines[1] == "would block 1 more and free 0; 2 blocked by either")
    let milder = machine.ablctl(
      "simulate", "--host-rule", "*:9/1h", "--user-rule", "*:1/1h", "--json")
    #expect(milder.lines.count == 1 + 3)
    #expect(milder.lines[0].hasPrefix(#"{"kind":"host","name":"192.0.2.3","blocked":false,"#))
    #expect(milder.lines[0].hasSuffix(#""standing":"clear","was":"blocked"}"#))
    #expect(milder.status == 0)
    #expect(
      machine.ablctl("simulate", "--host-rule", "*:9/1h").lines[0]
        == "host 192.0.2.3: would be free, is blocked by *:3/1h")
  }

  @Test("takes a moment as ablctl prints it, and now") func moments() {
    let later = CivilTime(.now.adding(4000)).text
    #expect(
      machine.ablctl("simulate", "--host-rule", "*:1/1h", "--at", later).lines
        == ["would block 0 more and free 0; 0 blocked by either"])
    #expect(
      machine.ablctl("simulate", "--host-rule", "*:1/1h", "--at", "now").lines.last
        == "would block 2 more and free 0; 2 blocked by either")
    #expect(machine.ablctl("simulate", "--host-rule", "*:1/1h", "--at", "tomorrow").status == 64)
  }
}
