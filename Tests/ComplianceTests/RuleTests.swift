import Testing

/// Why ours judges a rule otherwise.
private enum Reason {
  static let mistake = "a mistake is an error, and is left out; the old one guesses"
  static let limit = "a limit behind a wrong one holds; the old one stops reading there"
  static let wraps = "a number that is too large is an error; in the old one it wraps"
  static let zero = "no failures at all can't be what is meant"
}

extension Compliance {
  /// Rules, well and badly formed: five failures, at 0, 2, 4, 6 and 8, under no rule;
  /// then the right password under the rule.
  ///
  /// libpam writes services in small letters and knows no login without a service.
  @Suite("Rules")
  struct Rules {
    @Test("a rule that both read alike", arguments: Module.allCases, alike)
    func isAlike(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a rule that is wrong, and that both judge alike", arguments: Module.allCases, wrong)
    func isWrong(_ module: Module, _ scenario: Scenario) throws { try scenario.hold(on: module) }

    @Test("a rule that ours judges otherwise", arguments: Module.allCases, otherwise)
    func isOtherwise(_ module: Module, _ scenario: Scenario) throws {
      try scenario.hold(on: module)
    }

    static let alike: [Scenario] = [
      // Guessed at where no rule names the address, it was counted by its prefix.
      rule("39: an IPv6 address", host: "2001:db8::1", "2001:db8::1:5/10s", .passed),
      rule(
        "39: an IPv6 address, spelt otherwise", host: "2001:db8:0::1", "2001:db8::1:5/10s", .passed),
      rule("39: an IPv6 address in brackets", host: "2001:db8::1", "[2001:db8::1]:5/10s", .passed),
      rule("1: nobody has failed", "*:10/1s", history: [], .passed),
      rule("2: an empty rule", "", at: 9, .passed),
      rule("3: one too few", "*:6/10s", .passed),
      rule("4: ten of them", "*:10/8s", .passed),
      rule("5: the oldest is exactly as old as the window", "*:5/10s", .refused),
      rule("6: more than enough", "*:3/10s", .refused),
      rule("7: the oldest is a second too old", "*:5/9s", .passed),
      rule("9: three in the window", "*:4/7s", .passed),
      rule(
        "10: a service and everybody", "*/service1:5/10s *:10/1h", service: "service1", .refused),
      rule("11: a service, too few", "*/service1:10/1h", service: "service1", .passed),
      rule("13: an hour", "*:5/1h", .refused),
      rule("14: by name, and everybody", "bob:5/10s *:10/1h", .refused),
      rule("15: another's name", "user2:1/1h *:10/1h", .passed),
      rule("16: all but him", "!bob:1/10s *:10/1h", .passed),
      rule("17: all but another", "!root:5/10s", .refused),
      rule("18: exactly an hour later", "*:5/1h", at: 3600, .refused),
      rule("19: an hour and a second later", "*:5/1h", at: 3601, .passed),
      rule("20: exactly a day later", "*:1/1d", at: 86_408, .refused),
      rule("21: a day and a second later", "*:1/1d", at: 86_409, .passed),
      rule("22: a minute", "*:1/1m", at: 68, .refused),
      rule("23: no unit is seconds", "*:1/10", at: 18, .refused),
      rule("23: no unit is seconds, one later", "*:1/10", at: 19, .passed),
      rule("24: the second limit blocks", "*:1/10,5/1h", at: 19, .refused),
      rule("25: the second clause blocks", "*:99/10 *:5/10s", .refused),
      rule("26: one of two names", "root|bob:5/10s", .refused),
      rule("26: neither of two names", "root|admin:5/10s", .passed),
      rule("27: neither of two names, inverted", "!root|admin:5/10s", .refused),
      rule("28: one of two names, inverted", "!root|bob:5/10s", .passed),
      rule("29: '!' further on is part of a name", "root|!admin:5/10s", .passed),
      rule("29: and somebody has that name", user: "!admin", "root|!admin:5/10s", .refused),
      rule("30: a second '!' is part of the name", "!!root:5/10s", .refused),
      rule("30: also for root himself", user: "root", "!!root:5/10s", .refused),
      rule("31: all but everybody", "!*:1/10s", .passed),
      rule("32: this service", "*/sshd:5/10s", .refused),
      rule("33: a service in capitals, which no service is", "*/SSHD:5/10s", .passed),
      rule("33: another service", "*/su:5/10s", .passed),
      rule("33: any service", "*/*:5/10s", .refused),
      rule("34: users have their case", "Bob:5/10s", .passed),
      rule("35: no globs in front", "b*:5/10s", .passed),
      rule("35: no globs behind", "*b:5/10s", .passed),
      rule("35: no globs of stars", "**:5/10s", .passed),
      rule("36: '*' among names", "*|root:5/10s", .refused),
      rule("41: blanks in front, between and behind", "  root:1/1s   *:5/10s  ", .refused),
      rule("42: a tab between", "root:1/1s\t*:5/10s", .refused),
      rule("49: a comment", "*:5/10s#c", .refused),
      rule("59: a host by its address", host: "192.0.2.7", "192.0.2.7:5/10s", .refused),
      rule("59: not another host", host: "192.0.2.7", "192.0.2.70:5/10s", .passed),
      rule("60: a host by its name", host: "a.example", "a.example:5/10s", .refused),
      rule("61: all hosts but one", host: "a.example", "!b.example:5/10s", .refused),
    ]

    /// A typing mistake blocks nobody in the old one either; ours says so.
    static let wrong: [Scenario] = [
      rule("37: no name", ":5/10s", .passed, complaint: "expected a name"),
      rule("37: a service only", "/sshd:5/10s", .passed, complaint: "expected a name"),
      rule("37: no service", "bob/:5/10s", .passed, complaint: "expected a service"),
      rule("37: two services", "bob/sshd/x:5/10s", .passed, complaint: colon),
      rule(
        "40: a network", host: "10.0.0.1", "10.0.0.0/24:5/10s", .passed,
        complaint: "a rule takes no network, and no service is a number"),
      rule("43: a blank behind the comma", "*:10/1h, 5/10s", .passed, complaint: failures, colon),
      rule("44: a blank behind the colon", "*: 5/10s", .passed, complaint: failures, colon),
      rule("44: a blank before it", "* :5/10s", .passed, complaint: colon, "expected a name"),
      rule(
        "45: quoted", "\"*:5/10s\"", .passed,
        complaint: "quotes are no part of a value here; write it without"),
      rule("48: a name only", "*", .passed, complaint: colon),
      rule("48: no limit", "*:", .passed, complaint: failures),
      rule("48: no window", "*:5", .passed, complaint: slash),
      rule("48: an empty window", "*:5/", .passed, complaint: window),
      rule("48: no count", "*:/10s", .passed, complaint: failures),
      rule("48: no colon", "*5/10s", .passed, complaint: colon),
      rule("48: a letter in the count", "*:5x/10s", .passed, complaint: slash),
      rule("48: '-' for '/'", "*:5-10s", .passed, complaint: slash),
      rule("48: a negative count", "*:-5/10s", .passed, complaint: failures),
      rule("48: a negative window", "*:5/-10s", .passed, complaint: window),
      rule("50: weeks, ten seconds later", "*:5/1w", .passed, complaint: unit),
      rule("50: hours in capitals", "*:5/1H", .passed, complaint: unit),
      rule("53: an empty limit between", "*:99/10s,,5/10s", .refused, complaint: failures),
      rule("55: a word in front", "garbage *:5/10s", .refused, complaint: colon),
      rule(
        "55: a clause that is none, and two", "*:bad !u:1/1s *:5/10s", .refused, complaint: failures
      ),
      rule(
        "56: a count beyond 32 bits", "*:4294967301/10s", .passed,
        complaint: "number too large; at most 10000 failures are kept"),
    ]

    static let otherwise: [Scenario] = [
      rule(
        "36: an empty name in front", "|bob:5/10s", .passed, complaint: "expected a name",
        ancestor: .refused, because: Reason.mistake),
      rule(
        "36: an empty name behind", "bob|:5/10s", .passed, complaint: "expected a name",
        ancestor: .refused, because: Reason.mistake),
      rule(
        "36: an empty name between", "bob||x:5/10s", .passed, complaint: "expected a name",
        ancestor: .refused, because: Reason.mistake),
      rule(
        "38: all but the empty name", "!:5/10s", .passed, complaint: "expected a name",
        ancestor: .refused, because: Reason.mistake),
      rule(
        "46: no failure is enough, and one is long ago", "*:0/1s", .passed,
        complaint: "the number of failures must be at least 1",
        ancestor: .refused, because: Reason.zero),
      rule(
        "47: a window of nothing, at once", "*:1/0s", at: 8, .passed,
        complaint: "the length of time must be at least one second",
        ancestor: .refused, because: "a window of nothing can't be what is meant"),
      rule(
        "47: a window of nothing, one later", "*:1/0s", at: 9, .passed,
        complaint: "the length of time must be at least one second"),
      rule(
        "49: an unknown unit", "*:5/10x", .passed, complaint: unit,
        ancestor: .refused, because: Reason.mistake),
      rule(
        "49: a unit twice", "*:5/10ss", .passed, complaint: unit,
        ancestor: .refused, because: Reason.mistake),
      rule(
        "49: ';' for ','", "*:5/10s;1/1s", .passed, complaint: unit,
        ancestor: .refused, because: Reason.mistake),
      rule(
        "49: ':' for ','", "*:5/10s:1/1s", .passed, complaint: unit,
        ancestor: .refused, because: Reason.mistake),
      rule(
        "50: weeks, within the second that they are in the old one", "*:1/1w", at: 9, .passed,
        complaint: unit, ancestor: .refused, because: Reason.mistake),
      rule(
        "51: the first limit is none", "*:x,5/10s", .refused, complaint: failures,
        ancestor: .passed, because: Reason.limit),
      rule(
        "52: the second limit is none", "*:99/10s,x,5/10s", .refused, complaint: failures,
        ancestor: .passed, because: Reason.limit),
      rule(
        "54: letters behind the first limit", "*:99/10sfoo,5/10s", .refused, complaint: unit,
        ancestor: .passed, because: Reason.limit),
      rule(
        "57: a count beyond 64 bits", "*:18446744073709551621/10s", .passed,
        complaint: "number too large", ancestor: .refused, because: Reason.wraps),
      rule(
        "58: a window beyond 64 bits", "*:5/99999999999999999999d", .passed,
        complaint: "number too large", ancestor: .refused, because: Reason.wraps),
      rule(
        "60: a host's name in capitals", host: "a.example", "A.Example:5/10s", .refused,
        ancestor: .passed, because: "names of hosts have no case"),
    ]

    private static let colon = "expected ':' and a limit, like ':10/1h'"
    private static let failures = "expected a number of failures, as in '10/1h'"
    private static let slash = "expected '/' and a length of time, as in '10/1h'"
    private static let unit = "unknown unit; use 's', 'm', 'h' or 'd'"
    private static let window = "expected a length of time, like '90s', '15m', '1h' or '2d'"

    /// A row: of a host if there is one, else of a user.
    private static func rule(
      _ description: String, user: String = "bob", host: String? = nil, _ rule: String,
      history: [Int] = [0, 2, 4, 6, 8], service: String = "sshd", at now: Int = 10,
      _ ours: Verdict, complaint: String..., ancestor: Verdict? = nil, because reason: String = ""
    ) -> Scenario {
      let key = host == nil ? "user_rule" : "host_rule"
      var last = Event.enter(at: now, user: user, host: host, service: service, is: ours)
      if let ancestor { last = last.butAncestor(ancestor, because: reason) }
      return Scenario(
        "\(description): \(rule)", "\(key)=\(rule)", complaints: complaint,
        events: [.history(at: history, user: user, host: host), last])
    }
  }
}
