import BlockList
import Foundation
import Policy
import Testing
import Upkeep

@testable import Administration

/// What docs/ablctl.schema.json says of each command's JSON.
@Suite struct SchemaTests {
  private let machine = Machine()
  private let schema: JSONSchema

  init() throws {
    schema = try JSONSchema()
    let now = Timestamp.now
    try machine.fail(host: "192.0.2.7", user: "alice", at: now, times: 3)
    try machine.fail(host: "2001:db8::7", user: "J\u{1B}[31m\\ü\"", at: now.adding(-90), times: 5)
    try machine.fail(host: nil, user: "alice", at: now.adding(-3700))
    _ = try machine.blockList.admit(.init(host: "192.0.2.9", user: "zoe"), at: now)
    let network = Network(.v4(0xC633_6400), prefixLength: 24)
    let orders = [
      DecreeOrder(.block, .network(network), by: "root", reason: "a\u{1B}[31m", at: now),
      DecreeOrder(.allow, .user("zoe"), until: now.adding(99), by: "root", at: now),
    ]
    try machine.blockList.decree(orders, at: now)
  }

  /// Each command's name, and words that make it say something.
  static let commands: [(definition: String, words: [String])] = [
    ("list", ["list"]), ("list", ["list", "--sort", "failures"]),
    ("decree", ["list", "decrees"]), ("block", ["block", "198.51.100.7", "--for", "2d"]),
    ("allow", ["allow", "203.0.113.0/24", "--reason", "the \u{1B}[31m scanner"]),
    ("explain", ["explain", "zoe"]), ("check", ["check", "198.51.100.9"]),
    ("show", ["show", "192.0.2.7"]), ("show", ["show", "zoe"]),
    ("explain", ["explain", "192.0.2.7"]), ("explain", ["explain", "alice", "-s", "ftp"]),
    ("explain", ["explain", "nobody"]),
    ("check", ["check", "-H", "192.0.2.7", "-U", "alice", "-s", "sshd"]),
    ("simulate", ["simulate", "--host-rule", "*:1/1h", "--user-rule", "*:99/1h"]),
    ("status", ["status"]), ("doctor", ["doctor"]), ("store", ["store"]),
    ("store", ["store", "--check"]), ("stats", ["stats", "--by", "hour", "--since", "2h"]),
    ("stats", ["stats", "--by", "user", "--top", "1"]), ("check-config", ["check-config"]),
    ("events", ["events"]), ("unblock", ["unblock", "-n", "192.0.2.7"]),
    ("unblock", ["unblock", "alice", "--with-users"]),
    ("unblock", ["unblock", "198.51.100.0/24"]),
  ]

  @Test("holds each command's JSON to the schema", arguments: commands)
  func outputs(definition: String, words: [String]) {
    let ended = machine.run((words + ["--json"]).map { Array($0.utf8) })
    #expect(!ended.lines.isEmpty, "\(ended)")
    for line in ended.lines { #expect(schema.faults(of: line, definition) == []) }
  }

  @Test(
    "each command's help names all members that its JSON may have",
    arguments: [
      ("status", ["status"]), ("list", ["list"]), ("decree", ["list"]), ("attempt", ["show"]),
      ("explain", ["explain"]), ("check", ["check"]), ("event", ["events"]),
      ("stats", ["stats"]), ("doctor", ["doctor"]), ("check-config", ["check-config"]),
      ("simulate", ["simulate"]), ("unblock", ["unblock"]), ("decree", ["block"]),
      ("peers", ["peers"]), ("known", ["known", "list"]), ("trial", ["trial", "show"]),
    ] as [(String, [String])])
  func help(definition: String, words: [String]) throws {
    let ended = Machine.spawn(
      Machine.program, (words + ["--help"]).map { Array($0.utf8) }, environment: [])
    let said = Set(ended.output.split { !($0.isLetter || $0 == "-") }.map { String($0) })
    let members = try #require(schema.definitions[definition]?["properties"] as? [String: Any])
    #expect(!members.isEmpty)
    for member in members.keys.sorted() { #expect(said.contains(member), "\(member)") }
  }

  @Test("holds JSON of mistakes in a configuration, and of a store that there isn't, to the schema")
  func troubles() {
    machine.configure(
      "db_home = \(machine.directory)/other\nrun_home = \(machine.directory)/run\nhost_ruel = x\n"
        + "host_purge = 5m\n")
    for (definition, words) in [("check-config", ["check-config"]), ("store", ["store"])] {
      let ended = machine.run((words + ["--json"]).map { Array($0.utf8) })
      #expect(!ended.lines.isEmpty, "\(ended)")
      for line in ended.lines { #expect(schema.faults(of: line, definition) == []) }
    }
  }

  @Test("has a definition for each command that takes --json") func complete() throws {
    let ended = Machine.spawn(
      Machine.program, [Array("--experimental-dump-help".utf8)], environment: [])
    let all = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
    let ablctl = try #require(all?["command"] as? [String: Any])
    let names = Self.withJSON(ablctl, "")
    #expect(names.count >= 12)
    let documented = Set(names)
    for name in documented { #expect(schema.definitions[name] != nil, "\(name)") }
    // These need something that runs, or files. FleetTests looks at what peers prints, KnownTests at
    // known, HostsAllowTests and its neighbours at import.
    let others: Set = ["trial", "watch", "peers", "known", "import"]
    #expect(Set(Self.commands.map { $0.definition }).union(others).isSuperset(of: documented))
    #expect(schema.version == 1)
  }

  /// The names of the commands that take it; of a command with parts, its own.
  private static func withJSON(_ command: [String: Any], _ parent: String) -> [String] {
    let name = parent.isEmpty ? command["commandName"] as? String ?? "" : parent
    let arguments = command["arguments"] as? [[String: Any]] ?? []
    let takesJSON = arguments.contains { argument in
      let names = argument["names"] as? [[String: Any]] ?? []
      return names.contains { $0["name"] as? String == "json" }
    }
    let parts = command["subcommands"] as? [[String: Any]] ?? []
    let own = takesJSON ? [name] : []
    return own + parts.flatMap { withJSON($0, parent.isEmpty && name == "ablctl" ? "" : name) }
  }

  @Test("finds what is wrong, or not documented") func faults() {
    let right = #"{"service":"sshd","file":"/etc/pam.d/sshd","line":3,"secondsLeft":5}"#
    #expect(schema.faults(of: right, "trial") == [])
    for (old, new) in [
      (":3", ":\"3\""), (":3", ":true"), (":3", ":null"), (",\"line\":3", ""),
      ("\"line\"", "\"row\""), ("{", "{\"more\":1,"),
    ] {
      #expect(schema.faults(of: right.replacing(old, with: new), "trial") != [], "\(old) \(new)")
    }
  }
}
