import Testing

extension Compliance {
  /// The grammar of the file, as config.c of 0.6.0 has it.
  @Suite("Configuration files")
  struct Configurations {
    @Test("a line that both read alike", arguments: Module.allCases, alike)
    func isAlike(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a line that ours reads otherwise", arguments: Module.allCases, otherwise)
    func isOtherwise(_ module: Module, _ scenario: Scenario) throws {
      try scenario.hold(on: module)
    }

    static let alike: [Scenario] = [
      file("a blank in front", "  user_rule=*:1/1h", .refused),
      file("blanks behind '='", "user_rule=  *:1/1h", .refused),
      file("a blank at the end", "user_rule=*:1/1h ", .refused),
      file("the end of line of DOS", "user_rule=*:1/1h\r", .refused),
      file("a comment behind", "user_rule=*:1/1h # one", .refused),
      file("a comment only", "# user_rule=*:1/1h", .passed),
      file("nothing", "", .passed),
      file("no value", "user_rule=", .passed),
      file("joined to the next", "user_rule=\\\n*:1/1h", .refused),
      file("the last of two holds", "user_rule=*:1/1h\nuser_rule=*:2/1h", .passed),
      file("a word", "debug\nuser_rule=*:1/1h", .refused),
      file(
        "an old command", "user_blk_cmd=/sbin/iptables -A INPUT -s %h\nuser_rule=*:1/1h", .refused,
        complaint: "deprecated, ignoring; use 'user_block_cmd'"),
      file("another file", "config=DIR/more.conf", more: "user_rule=*:1/1h", .refused),
      file(
        "another file, overridden", "config=DIR/more.conf\nuser_rule=", more: "user_rule=*:1/1h",
        .passed),
      file(
        "a rule, and then an unknown key", "user_rule=*:1/1h\nnonsense=1", .refused,
        complaint: "unknown key"),
    ]

    static let otherwise: [Scenario] = [
      file(
        "a blank before '='", "user_rule =*:1/1h", .refused,
        ancestor: .passed, because: "blanks around '=' don't matter"),
      file(
        "an unknown key, and then a rule", "usr_rule=*:1/1h\nuser_rule=*:1/1h", .refused,
        complaint: "unknown key; did you mean 'user_rule'?", ancestor: .passed, because: goesOn),
      file(
        "another file that isn't there", "config=DIR/nowhere.conf\nuser_rule=*:1/1h", .refused,
        complaint: "cannot open 'DIR/nowhere.conf': No such file or directory"),
      file(
        "a key in capitals", "USER_RULE=*:1/1h\nuser_rule=*:1/1h", .refused,
        complaint: "unknown key; did you mean 'user_rule'?", ancestor: .passed, because: goesOn),
      file(
        "a word that needs a value", "user_rule\nuser_rule=*:1/1h", .refused,
        complaint: "expected 'key = value'", ancestor: .passed, because: goesOn),
      file(
        "db_module, of pam_abl's git", "db_module=/usr/lib/abl/bdb.so\nuser_rule=*:1/1h", .refused,
        ancestor: .passed, because: "the keys of pam_abl's git are ours too"),
      file(
        "a command that is no absolute path", "user_block_cmd=[logger] [%u]\nuser_rule=*:1/1h",
        .refused, complaint: "expected an absolute path; no PATH is searched"),
      Scenario(
        "no host_db", "db_home=DIR/store", "user_db=DIR/store/users.db", "host_rule=*:1/1h",
        stack: Stack(namesDatabases: false),
        events: [
          .guess(at: 0, host: "192.0.2.7", is: .wrong),
          .enter(at: 1, host: "192.0.2.7", is: .refused)
            .butAncestor(
              .passed, because: "there is one store, and a rule is all that a half needs"),
        ]),
      Scenario(
        "no user_db", "db_home=DIR/store", "host_db=DIR/store/hosts.db", "user_rule=*:1/1h",
        stack: Stack(namesDatabases: false),
        events: [
          .guess(at: 0, is: .wrong),
          .enter(at: 1, is: .refused)
            .butAncestor(
              .passed, because: "there is one store, and a rule is all that a half needs"),
        ]),
      Scenario(
        "db_home only, of pam_abl's git", "db_home=DIR/store", "user_rule=*:1/1h",
        stack: Stack(namesDatabases: false),
        events: [
          .guess(at: 0, is: .wrong),
          .enter(at: 1, is: .refused)
            .butAncestor(.passed, because: "the keys of pam_abl's git are ours too"),
        ]),
    ]

    private static let goesOn = "what is right stays in force; the old one is silently off"

    private static func file(
      _ description: String, _ text: String, more: String? = nil, _ ours: Verdict,
      complaint: String..., ancestor: Verdict? = nil, because reason: String = ""
    ) -> Scenario {
      var last = Event.enter(at: 10, is: ours)
      if let ancestor { last = last.butAncestor(ancestor, because: reason) }
      let write = Event.act { if let more { try $0.write(more + "\n", to: "more.conf") } }
      return Scenario(
        description, text, complaints: complaint, events: [write, .guess(at: 0, is: .wrong), last])
    }
  }
}
