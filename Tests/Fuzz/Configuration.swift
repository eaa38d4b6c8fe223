internal import Policy
internal import Text

/// A configuration: as a file that may name itself under other names, and line by line as the words of a PAM stack.
func fuzz(_ input: [UInt8]) {
  let reader = ConfigurationReader()
  reader.read(input, file: "abl.conf")
  readIncludes(reader, input)
  check(reader, input)

  let words = ConfigurationReader()
  let lines = input.split(separator: 10, maxSplits: 63)
  for (index, line) in lines.enumerated() { words.read(argument: Array(line), number: index + 1) }
  readIncludes(words, input)
  check(words, input)
}

private func readIncludes(_ reader: ConfigurationReader, _ input: [UInt8]) {
  var count = 0
  while let include = reader.nextInclude() {
    count += 1
    expect(include.path.bytes.first == UInt8(ascii: "/"), "a file is named by an absolute path")
    expect(!include.path.bytes.contains(0), "no path has a NUL")
    // No longer path can be opened.
    if count % 4 == 3 || include.path.bytes.count > 4095 {
      reader.report("cannot read", about: include)
    } else {
      reader.read(input, file: include.file)
    }
  }
  expect(count <= 8, "at most 8 files are read")
}

private func check(_ reader: ConfigurationReader, _ input: [UInt8]) {
  let configuration = reader.finish()
  expect(reader.diagnostics.count <= 200, "at most 200 mistakes are kept")
  expect(reader.diagnostics, isAbout: input)
  let digest = DiagnosticDigest(reader.diagnostics)
  expect(digest.shown.count <= 5, "few mistakes are said in full")
  expect(digest.shown.count + digest.hidden == reader.diagnostics.count, "none is forgotten")
  checkAdvice(about: configuration, input)
  checkNumbers(of: configuration)
  checkNames(of: configuration)
}

private func checkAdvice(about configuration: Configuration, _ input: [UInt8]) {
  let advice = configuration.advice
  expect(advice, isAbout: input)
  for diagnostic in advice {
    expect(diagnostic.severity == .warning, "advice is no mistake")
    expect(!diagnostic.message.isEmpty, "advice has a message")
  }
  for (_, place) in configuration.writtenCommands {
    expect(!place.lineText.isEmpty, "a command is written somewhere")
  }
}

private func checkNumbers(of configuration: Configuration) {
  let limits = configuration.limits
  expect(2 <= limits.lower && limits.lower <= limits.upper, "limits are in order")
  expect(limits.upper <= Limit.most, "no more is kept than is ever kept")
  let kept = [
    (configuration.hostRule, configuration.hostPurge),
    (configuration.networkRule, configuration.networkPurge),
    (configuration.userRule, configuration.userPurge),
    (configuration.callerRule, configuration.userPurge),
  ]
  for (rule, purge) in kept {
    expect(
      purge >= 3600 && purge >= rule.longestWindow, "attempts are kept while a rule looks at them")
    expect(limits.lower >= rule.largestCount, "as many are kept as a rule counts")
  }
  expect(1...60_000 ~= configuration.lockTimeout, "a wait for the lock is in range")
  expect(configuration.pendingWait <= 60_000, "a wait for verdicts is in range")
  expect(1 << 20...1 << 40 ~= configuration.maxSize, "a size is in range")
  for prefix in [configuration.hostPrefix, configuration.knownPrefix] {
    expect(8...32 ~= prefix.v4 && 16...128 ~= prefix.v6, "a prefix is in range")
  }
}

private func checkNames(of configuration: Configuration) {
  checkSpelling(by: configuration)
  for path in [configuration.databaseHome, configuration.runHome, configuration.socket] {
    expect(
      path.bytes.first == UInt8(ascii: "/") && !path.bytes.contains(0),
      "a place is an absolute path")
  }
  let network = configuration.hostPrefix.network(of: .v6(high: 1, low: 1))
  for subject in [
    .user("root"), .host(.name("a.example")), .host(.address(.v4(1))), .network(network),
  ] as [Subject] {
    _ = configuration.isAllowed(subject)
    for command in [
      configuration.blockCommand(for: subject.kind), configuration.clearCommand(for: subject.kind),
    ] {
      guard let command else { continue }
      expect(command.arguments.first?.first == UInt8(ascii: "/"), "a program is an absolute path")
      expect(command.arguments.allSatisfy { !$0.contains(0) }, "no argument has a NUL")
    }
  }
}

/// What a user is counted as stays so, and whom a rule or a list names is counted by then.
private func checkSpelling(by configuration: Configuration) {
  let rules = [configuration.hostRule, configuration.networkRule, configuration.userRule]
  var names = configuration.userAllowList.entries.compactMap { $0.subject }
  for clause in rules.flatMap({ $0.clauses }) {
    names += (clause.users?.names ?? []).map { .user($0.name) }
  }
  for clause in configuration.userRule.clauses { names += clause.patterns.map { .user($0.name) } }
  for name in names {
    expect(configuration.counted(name) == name, "who is named is named as counted")
  }
}
