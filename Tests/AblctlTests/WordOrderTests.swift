import Policy
import Testing
import Upkeep

@testable import Administration

/// Options before the name of a sub-command.
@Suite struct WordOrderTests {
  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").map { String($0) }
  }

  @Test(
    "puts each command's name before the options",
    arguments: [
      ("known --config F list", "known list --config F"),
      ("known -c F list alice", "known list -c F alice"),
      ("known --config=F --json list", "known list --config=F --json"),
      ("known --json list", "known list --json"),
      ("known -c F forget bob@192.0.2.0/24", "known forget -c F bob@192.0.2.0/24"),
      ("known -c list forget bob", "known forget -c list bob"),
      ("fleet --directory issue issue web1", "fleet issue --directory issue web1"),
      ("fleet --no-passphrase init b1", "fleet init --no-passphrase b1"),
      ("trial -s su --for 5m start", "trial start -s su --for 5m"),
      ("trial --json show", "trial show --json"),
      ("import -c F fail2ban DIRECTORY", "import fail2ban -c F DIRECTORY"),
      ("import --dry-run pam_abl", "import pam_abl --dry-run"),
      ("-c F list --json", "list -c F --json"),
      ("--config F known --json list", "known list --config F --json"),
      ("--reason list block -c F x", "block --reason list -c F x"),
      ("--reason list --for 1h block x", "block --reason list --for 1h x"),
      ("--json unban", "unban --json"), ("--help list", "list --help"),
    ] as [(String, String)])
  func moves(typed: String, meant: String) {
    #expect(WordOrder.commandsFirst(Self.words(typed)) == Self.words(meant))
  }

  @Test(
    "leaves what is no command's name where it is",
    arguments: [
      "known list --config F", "known --config list", "known alice list", "known -c F -- list",
      "known --json alice forget", "import -c fail2ban FILE", "import - pam_abl", "list users",
      "check -U list", "--version", "---completion known list -- x", "help known list",
      "known --conifg F list", "-c list", "fleet", "trial --for 5m", "",
    ])
  func leaves(line: String) {
    #expect(WordOrder.commandsFirst(Self.words(line)) == Self.words(line))
  }

  @Test(
    "runs each command that has parts with its options before the part's name",
    arguments: [
      ("known -c CONFIG list", "alice@192.0.2.0/24: last login "),
      ("known --config=CONFIG list alice", "alice@192.0.2.0/24: last login "),
      ("-c CONFIG known --json list", #"{"user":"alice","network":"192.0.2.0/24","#),
      ("known -c CONFIG forget alice", "alice@192.0.2.0/24: forgotten"),
      ("-c CONFIG store", "store  "), ("trial --json show", ""),
    ] as [(String, String)])
  func runs(line: String, output: String) throws {
    let machine = Machine("user_rule = *:3/1h\nuser_known = 30d\n")
    let home = Subject.home("alice", Network(.v4(0xC000_0200), prefixLength: 24))
    _ = try machine.blockList.add([(home: home, time: .now)], at: .now)
    let words = Self.words(line.replacing("CONFIG", with: machine.config)).map { Array($0.utf8) }
    let ended = Machine.spawn(Machine.program, words, environment: [])
    #expect(ended.status == 0 && ended.output.hasPrefix(output), "\(ended)")
  }
}
