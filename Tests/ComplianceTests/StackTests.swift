import Foundation
import Testing

extension Compliance {
  /// What libpam gets from the module, by its words and by what is wrong.
  @Suite("Stacks")
  struct Stacks {
    @Test("a word behind the module", arguments: Module.allCases, words)
    func word(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a code", arguments: Module.allCases, codes)
    func code(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a stack", arguments: Module.allCases, stacks)
    func stack(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    static let words: [Scenario] = [
      word("debug"),
      word("host_rule=*:1/1h"),
      word("user_purge=2d"),
      word("limits=10-20"),
      word("user_whitelist=root"),
      unknownToAncestor("no_warn"),
      unknownToAncestor("expose_account"),
      unknownToAncestor("try_first_pass"),
      unknownToAncestor("use_first_pass"),
      unknownToAncestor("use_mapped_pass"),
      unknownToAncestor("check_user log_user"),
      unknownToAncestor("check_both log_both"),
      unknownToAncestor("db_module=/usr/lib/abl/bdb.so"),
      Scenario(
        "a word that nobody knows", "user_rule=*:1/1h", stack: Stack(words: "nonsense"),
        complaints: ["unknown key"],
        events: [
          .guess(at: 0, is: .wrong).butAncestor(.code(3), because: mistake),
          .enter(at: 1, is: .refused).butAncestor(.code(3), because: mistake),
        ]),
      Scenario(
        "the rule as a word, over the file's", "user_rule=*:9/1h",
        stack: Stack(words: "user_rule=*:1/1h"),
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused)]),
      Scenario(
        "everything as words, and no file",
        stack: Stack(
          words: "db_home=DIR/store user_db=DIR/store/users.db user_rule=*:1/1h",
          namesConfiguration: false),
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused)]),
    ]

    static let codes: [Scenario] = [
      Scenario(
        "a blocked host", "host_rule=*:2/1h",
        events: [
          .guess(at: 0, 1, host: "192.0.2.7", is: .wrong),
          .guess(at: 2, user: "alice", host: "192.0.2.7", is: .refused),
          .enter(at: 3, user: "alice", host: "192.0.2.7", is: .refused),
          .enter(at: 4, host: "192.0.2.8", is: .passed),
          .enter(at: 5, is: .passed),
        ]),
      Scenario(
        "a blocked user", "user_rule=*:2/1h",
        events: [
          .guess(at: 0, 1, host: "192.0.2.7", is: .wrong),
          .guess(at: 2, host: "192.0.2.8", is: .refused),
          .enter(at: 3, is: .refused),
          .enter(at: 4, user: "alice", host: "192.0.2.7", is: .passed),
        ]),
      Scenario(
        "right passwords only", "host_rule=*:1/1h", "user_rule=*:1/1h",
        events: [.enter(at: 0, 1, 2, host: "192.0.2.7", is: .passed)]),
      Scenario(
        "no such configuration",
        stack: Stack(words: "config=DIR/nowhere.conf", namesConfiguration: false),
        complaints: [
          "cannot open 'DIR/nowhere.conf': No such file or directory",
          "letting the stack decide: cannot open 'DIR/nowhere.conf': No such file or directory",
        ],
        events: [.guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .passed)]),
      Scenario(
        "a configuration that others may write to", "user_rule=*:1/1h",
        complaints: [untrusted, "letting the stack decide: \(untrusted)"],
        events: [
          .act { try $0.setMode(0o666, of: "pam_abl.conf") }, .guess(at: 0, is: .wrong),
          .enter(at: 1, is: .passed).butAncestor(.refused, because: "he could open the door"),
        ]),
      Scenario(
        "no db_home at all, but host_db", "host_db=DIR/store/hosts.db", "host_rule=*:1/1h",
        stack: Stack(namesDatabases: false),
        events: [
          .guess(at: 0, host: "192.0.2.7", is: .wrong),
          .enter(at: 1, host: "192.0.2.7", is: .refused)
            .butAncestor(.passed, because: "the how-tos for 0.4 have no db_home"),
        ]),
      Scenario(
        "db_home is missing", "db_home=DIR/elsewhere", "user_rule=*:1/1h",
        events: [
          .guess(at: 0, is: .wrong),
          .enter(at: 1, is: .refused).butAncestor(
            .passed, because: "it is made, so that somebody is protected"),
        ]),
      Scenario(
        "where db_home should be is missing", "db_home=DIR/else/where", "user_rule=*:1/1h",
        complaints: [
          "letting the stack decide: cannot create 'DIR/else/where': "
            + "No such file or directory",
          "pam_abl: cannot count a failure: cannot create 'DIR/else/where': "
            + "No such file or directory",
        ],
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .passed)]),
      Scenario(
        "db_home is a file", "db_home=DIR/pam_abl.conf", "user_rule=*:1/1h",
        complaints: [
          "letting the stack decide: cannot open 'DIR/pam_abl.conf': Not a directory",
          "pam_abl: cannot count a failure: cannot open 'DIR/pam_abl.conf': Not a directory",
        ],
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .passed)]),
      Scenario(
        "what was recorded is damaged", "user_rule=*:1/1h",
        complaints: [
          "cannot use 'DIR/store/data.mdb': its pages make no sense; "
            + "moved aside as 'data.mdb.damaged-…', starting with an empty store"
        ],
        events: [
          .guess(at: 0, is: .wrong), .enter(at: 1, is: .refused), .act { try $0.damageStore() },
          .enter(at: 2, is: .passed), .guess(at: 3, is: .wrong),
          .enter(at: 4, is: .refused)
            .butAncestor(.passed, because: "a fresh store counts on"),
        ]),
    ]

    static let stacks: [Scenario] = [
      Scenario(
        "the module alone", "user_rule=*:1/1h", stack: Stack(lines: ["auth required ABL"]),
        events: [
          .enter(at: 0, is: .code(6)).butAncestor(.code(0), because: silent)
        ]),
      Scenario(
        "sufficient lines behind it, and nothing else", "user_rule=*:1/1h",
        stack: Stack(lines: ["auth required ABL", "auth sufficient CHECK"]),
        events: [
          .guess(at: 0, is: .code(6)).butAncestor(.passed, because: silent)
        ]),
      Scenario(
        "Debian's common-auth", "user_rule=*:2/1h",
        stack: Stack(lines: [
          "auth required ABL", "auth [success=1 default=ignore] CHECK",
          "auth requisite pam_deny.so",
          "auth required pam_permit.so",
        ]),
        events: [
          .guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .refused),
          .enter(at: 3, user: "alice", is: .passed),
        ]),
      Scenario(
        "the manual page's", "user_rule=*:2/1h",
        stack: Stack(lines: [
          "auth required pam_env.so", "auth required ABL", "auth sufficient CHECK",
          "auth required pam_deny.so",
        ]),
        events: [
          .guess(at: 0, 1, is: .wrong), .enter(at: 2, is: .refused),
          .enter(at: 3, user: "alice", is: .passed),
        ]),
      Scenario(
        "check_both in front and log_both behind a failure, with jumps", "user_rule=*:2/1h",
        stack: split,
        events: [
          .guess(at: 0, 1, is: .wrong).butAncestor(.code(3), because: git),
          .enter(at: 2, is: .refused).butAncestor(.code(3), because: git),
          .enter(at: 3, user: "alice", is: .passed).butAncestor(.code(3), because: git),
        ]),
      Scenario(
        "listed twice", "user_rule=*:2/1h",
        stack: Stack(lines: ["auth requisite ABL", "auth requisite ABL", "auth required CHECK"]),
        events: [
          .guess(at: 0, is: .wrong),
          .enter(at: 1, is: .passed).butAncestor(.refused, because: "one pass is one attempt"),
        ]),
    ]

    private static let split = Stack(lines: [
      "auth requisite ABL check_both", "auth [success=2 default=ignore] CHECK",
      "auth required ABL log_both", "auth requisite pam_deny.so", "auth required pam_permit.so",
    ])
    private static let untrusted =
      "cannot trust 'DIR/pam_abl.conf': owner \(geteuid()), mode 666; "
      + "it must be root's and nobody else may write to it"
    private static let mistake = "a typing mistake locks nobody out"
    private static let silent = "it has judged no password, and never says yes"
    private static let git = "the words of pam_abl's git are ours too"

    private static func word(_ word: String) -> Scenario {
      Scenario(
        word, "user_rule=*:1/1h", stack: Stack(words: word),
        events: [.guess(at: 0, is: .wrong), .enter(at: 1, is: .refused)])
    }

    private static func unknownToAncestor(_ word: String) -> Scenario {
      let reason = "the words of its manual page and of its git are ours too"
      return Scenario(
        word, "user_rule=*:1/1h", stack: Stack(words: word),
        events: [
          .guess(at: 0, is: .wrong).butAncestor(.code(3), because: reason),
          .enter(at: 1, is: .refused).butAncestor(.code(3), because: reason),
        ])
    }
  }
}

extension Machine {
  func setMode(_ mode: Int, of name: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
  }
}
