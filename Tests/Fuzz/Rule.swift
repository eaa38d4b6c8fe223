internal import Policy
internal import Text

/// A rule of each kind, and what it says of whoever it names.
func fuzz(_ input: [UInt8]) {
  for kind in [.user, .host, .network, .caller] as [SubjectKind] { fuzz(input, for: kind) }
}

private func fuzz(_ input: [UInt8], for kind: SubjectKind) {
  var mistakes: [SyntaxError] = []
  let rule = Rule(recovering: input[...], for: kind, mistakes: &mistakes)
  expect(mistakes, liesIn: input)
  do throws(SyntaxError) {
    let strict = try Rule(parsing: input[...], for: kind)
    expect(mistakes.isEmpty && strict == rule, "a rule is strictly read if it has no mistake")
  } catch {
    expect(error == mistakes.first, "the first mistake is thrown")
  }
  checkClauses(of: rule)
  checkRereading(of: rule, for: kind)
  for subject in rule.namedSubjects.prefix(2) { checkBlocks(of: subject, by: rule, input) }
}

private func checkClauses(of rule: Rule) {
  for clause in rule.clauses {
    expect(!clause.patterns.isEmpty && !clause.limits.isEmpty, "a clause has patterns and limits")
    for limit in clause.limits {
      expect(1...Limit.most ~= limit.failures && limit.window >= 1, "a limit is in range")
      expect(limit.failures <= rule.largestCount, "no limit counts more than the largest count")
      expect(
        limit.window <= rule.longestWindow, "no limit looks back longer than the longest window")
    }
  }
}

private func checkRereading(of rule: Rule, for kind: SubjectKind) {
  expect(isHarmless(rule.text.bytes), "a rule is shown harmlessly")
  let patterns = rule.clauses.flatMap { $0.patterns + ($0.users?.names ?? []) }
  let names = patterns.map { $0.name } + patterns.compactMap { $0.service }
  // What is escaped reads as another name.
  guard names.allSatisfy({ $0.escaped.bytes == $0.bytes }) else { return }
  var mistakes: [SyntaxError] = []
  let again = Rule(recovering: rule.text.bytes[...], for: kind, mistakes: &mistakes)
  expect(mistakes.isEmpty && again == rule, "a rule reads as it is written")
}

/// With attempts as old as the first bytes of the input say.
private func checkBlocks(of subject: Subject, by rule: Rule, _ input: [UInt8]) {
  let now = Timestamp(seconds: 1_000_000)
  let names = rule.clauses.flatMap { $0.users?.names ?? [] }.map { $0.name }
  let tried = Tried(names.first?.bytes ?? [], isUnknown: input.count % 2 == 0)
  let attempts = input.prefix(6).map { Guess(now.adding(-Int64($0)), tried) }
  for service in ["sshd", nil] as [Name?] {
    for inFlight in 0...2 {
      let block = rule.block(
        of: subject, using: service, after: attempts, inFlight: inFlight, at: now)
      let open = [Tried](repeating: tried, count: inFlight)
      let isBlocking = rule.isBlocking(
        subject, using: service, after: attempts, inFlight: open, before: tried, at: now)
      if !rule.isSelective || inFlight == 0 {
        expect((block != nil) == isBlocking, "both ways to ask have one answer")
      }
      guard let block else { continue }
      expect(block.refusalInterval >= 1, "refusals are at least a second apart")
      expect(block.until >= now, "a block does not end in the past")
      for (moment, isBlocked) in [
        (block.until, false), (block.until.adding(-1), block.until > now),
      ] {
        expect(
          rule.isBlocking(
            subject, using: service, after: attempts, inFlight: [], before: tried, at: moment)
            == isBlocked
            || moment < now, "a block ends when it says")
      }
    }
  }
}

extension Rule {
  fileprivate var namedSubjects: [Subject] {
    clauses.flatMap { $0.patterns }.flatMap { pattern in
      [.user(pattern.name)] + (Host(pattern.name.bytes[...]).map { [.host($0)] } ?? [])
    }
  }
}
