import Foundation
import Harness
import Policy
import Testing

@testable import Administration

/// Each command of ablctl, by what ablctl says of itself.
struct CommandTree {
  /// `fleet init`, and what options it has.
  let leaves: [(name: String, options: Set<String>)]

  init() throws {
    let ended = Machine.spawn(
      Machine.program, [Array("--experimental-dump-help".utf8)], environment: [])
    let all = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
    leaves = Self.leaves(of: try #require(all?["command"] as? [String: Any]), "")
  }

  private static func leaves(
    of command: [String: Any], _ parent: String
  ) -> [(name: String, options: Set<String>)] {
    let parts = (command["subcommands"] as? [[String: Any]] ?? []).filter {
      $0["commandName"] as? String != "help"
    }
    guard parts.isEmpty else {
      return parts.flatMap { part in
        let name = part["commandName"] as? String ?? ""
        return leaves(of: part, parent.isEmpty ? name : parent + " " + name)
      }
    }
    let arguments = command["arguments"] as? [[String: Any]] ?? []
    let names = arguments.flatMap { $0["names"] as? [[String: Any]] ?? [] }
    return [(parent, Set(names.compactMap { $0["name"] as? String }))]
  }
}

@Suite("Each command has its pictures, and is tried by each kind of person")
struct CoverageTests {
  /// What of a line of a scene is ablctl's: `ablctl NAME WORD…`.
  private static func words(of line: String) -> [String] {
    let words = line.split(separator: " ").map { String($0) }
    return words.firstIndex(of: "ablctl").map { Array(words[($0 + 1)...]) } ?? []
  }

  private static var pictured: [[String]] {
    PictureTests.all + TranscriptTests.Scene.all.flatMap { $0.commands.map(words) }
      + [["trial", "show"]]
  }

  private static func has(_ name: String, with option: String? = nil) -> Bool {
    let parts = name.split(separator: " ").map { String($0) }
    return pictured.contains { words in
      let isNamed = words.starts(with: parts) || parts.last == "list" && words == parts.dropLast()
      return isNamed && option.map { words.contains($0) } ?? true
    }
  }

  /// Why there is none with `--json`.
  private static let reasons = [
    "watch": "it goes on with what 'events --json' begins with, whose picture there is"
  ]

  @Test("a picture of what it prints for people, and one for programs") func pictures() throws {
    let leaves = try CommandTree().leaves
    #expect(leaves.count > 40)
    for leaf in leaves {
      #expect(Self.has(leaf.name), "no picture of 'ablctl \(leaf.name)'")
      guard leaf.options.contains("json"), Self.reasons[leaf.name] == nil else { continue }
      #expect(Self.has(leaf.name, with: "--json"), "no picture of 'ablctl \(leaf.name) --json'")
    }
    #expect(!Self.has("nosuch"))
  }

  @Test("help, with its options in sentences") func help() throws {
    for leaf in try CommandTree().leaves {
      let words = leaf.name.split(separator: " ").map { String($0) } + ["--help"]
      let ended = Machine.spawn(
        Machine.program, words.map { Array($0.utf8) }, environment: ["COLUMNS=80"])
      #expect(ended.status == 0 && ended.output.hasPrefix("OVERVIEW: "), "\(leaf.name)")
      let options = ended.output.split(separator: "\n").drop { $0 != "OPTIONS:" }.dropFirst()
      let texts = options.joined(separator: " ").split(separator: "  -").map { text in
        text.split(separator: " ").joined(separator: " ")
      }
      for text in texts where !text.hasSuffix("Show help information.") {
        let sentence = text.replacing(/\ \((?:values|default): [^()]*\)$/, with: "")
        #expect(sentence.hasSuffix("."), "\(leaf.name): \(text)")
      }
    }
  }

  private static func run(_ words: [String]) -> Ended {
    Machine.spawn(Machine.program, words.map { Array($0.utf8) }, environment: [])
  }

  @Test("an answer to an option that there isn't: one that names its help, and 64") func misuse()
    throws
  {
    for leaf in try CommandTree().leaves {
      let words = leaf.name.split(separator: " ").map { String($0) }
      // Some want a word first, or an option.
      let ends = [[], ["x"], ["--service", "x"]].map { Self.run(words + $0 + ["--frobnicate"]) }
      let ended = ends.first { $0.error.hasPrefix("Error: Unknown option") } ?? ends[0]
      #expect(ended.status == 64 && ended.output.isEmpty, "\(leaf.name): \(ended)")
      #expect(
        ended.error.hasPrefix("Error: Unknown option '--frobnicate'"), "\(leaf.name): \(ended)")
      #expect(
        ended.error.contains("See 'ablctl \(leaf.name) --help' for more information."),
        "\(leaf.name): \(ended)")
    }
  }
}

/// What an ordinary user is told.
@Suite(
  "As another user a command says in one line what is needed, and fails",
  .enabled(if: Stage.isAvailable, Comment(rawValue: Stage.reason)))
struct OtherUserTests {
  /// Each command with words that root is obeyed with.
  private static let refused = [
    "status": "", "list": "", "show": "192.0.2.7", "explain": "192.0.2.7", "check": "192.0.2.7",
    "events": "", "watch": "", "known list": "", "known import": "wtmp",
    "known forget": "alice", "stats": "", "metrics": "", "block": "192.0.2.9", "allow": "192.0.2.9",
    "disallow": "192.0.2.9", "unblock": "192.0.2.7", "fail": "-H 192.0.2.7 -s sshd", "update": "",
    "report": "192.0.2.7", "trial start": "", "trial keep": "", "trial stop": "",
    "simulate": "--host-rule *:2/1h",
    "hook test": "", "store": "", "purge": "", "compact": "", "export": "",
    "import abl": "export", "import pam_abl": "--host --dump dump",
    "import denyhosts": "/etc/hostname",
    "import fail2ban": "/etc", "import hosts.allow": "/etc/hosts.allow",
    "import blocklist": "/etc/hostname", "fleet join": "/etc", "fleet leave": "",
  ]

  /// Those that any user may give.
  private static let open = [
    "doctor": "it looks at what any user may read, and says what it could not",
    "check-config": "a configuration is for all to read",
    "trial show": "so are the stacks", "peers": "abld tells it to all",
    "fleet init": "an authority is its maker's", "fleet issue": "likewise",
    "fleet renew": "likewise", "fleet revoke": "likewise",
  ]

  private static let dump = Machine.dump([
    (
      name: Array("192.0.2.9".utf8),
      record: oldRecord([(Timestamp.now.seconds, 4, "bob", "sshd")])
    )
  ])

  /// So that there is something to do for each.
  private static let preparation = """
    ablctl fail -H 192.0.2.7 -U alice -s sshd
    ablctl export >export
    cat >dump <<'END'
    \(dump)END
    touch wtmp /etc/hosts.allow
    ablctl trial start --service su >/dev/null
    mkdir -p /etc/abl/fleet
    touch /etc/abl/fleet.conf /etc/abl/fleet/machine.key
    chmod 755 . /etc/abl /etc/abl/fleet
    """

  @Test("whichever it is") func each() throws {
    let names = try CommandTree().leaves.map { $0.name }
    #expect(Set(names) == Set(Self.refused.keys).union(Self.open.keys))
    let given = Self.refused.sorted { $0.key < $1.key }
    let guest = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    let seen = try Stage(TranscriptTests.Scene.bare).transcript(
      on: 300, Self.preparation, given.map { "\(guest) ablctl \($0.key) \($0.value)" })
    let answers = seen.components(separatedBy: "# \(guest) ablctl ").dropFirst()
    #expect(answers.count == given.count)
    for (words, answer) in zip(given, answers) {
      let lines = answer.split(separator: "\n").dropFirst()
      #expect(lines.count == 2 && lines.last == "exit status 1", "\(words.key): \(answer)")
      #expect(lines.first?.hasPrefix("ablctl: ") == true, "\(words.key): \(answer)")
      #expect(lines.first?.contains("root") == true, "\(words.key): \(answer)")
    }
  }
}

/// Words that harm a terminal where they are printed as they are.
@Suite(
  "No command prints what would harm a terminal of a word that it is given",
  .enabled(if: Stage.isAvailable, Comment(rawValue: Stage.reason)))
struct HostileWordTests {
  /// A colour, a change of direction, C1's CSI, a byte that is no UTF-8, and the end of a title.
  private static let evil =
    #"export EVIL=$(printf 'x\033[31m\342\200\256\302\233\377\007y')"#

  @Test("as a name or a file, and as the value of an option") func words() throws {
    let leaves = try CommandTree().leaves.filter { !["watch"].contains($0.name) }
    let options = [
      "config", "service", "reason", "for", "directory", "file", "root", "since", "by",
    ]
    let commands = leaves.flatMap { leaf in
      let given = options.filter { leaf.options.contains($0) }.map { " --\($0) \"$EVIL\"" }
      return ([""] + given).map { "timeout 120 ablctl \(leaf.name)\($0) \"$EVIL\"" }
    }
    let seen = try Stage(TranscriptTests.Scene.bare).transcript(on: 120, Self.evil, commands)
    #expect(seen.components(separatedBy: "# timeout 120 ablctl ").count == commands.count + 1)
    for line in seen.split(separator: "\n") {
      let harmful = line.unicodeScalars.filter {
        $0.value < 32 || (0x7F..<0xA0) ~= $0.value || $0.value == 0x202E || $0.value == 0xFFFD
      }
      #expect(harmful.isEmpty, "\(line)")
    }
    #expect(seen.contains(#"x\x1b[31m\xe2\x80\xae\xc2\x9b\xff\x07y"#))
  }
}
