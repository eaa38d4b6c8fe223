/// What stands in the way of our line in the stack of one service.
struct StackExamination {
  let service: String
  let stack: Stack
  private(set) var findings: [Finding] = []

  private let lines: [Stack.Line]
  /// Of `lines`, our line that decides, if there is one.
  private let own: Int?

  /// - Parameter refuses: whether a line of ours refuses, and not only counts.
  init(_ service: String, _ files: MachineFiles, refuses: (Stack.Line) -> Bool) {
    self.service = service
    stack = Stack(service) { files.stack($0) }
    let lines = stack.lines(.auth)
    self.lines = lines
    let ours = lines.indices.filter { lines[$0].isOurs(for: service) }
    own = ours.first { refuses(lines[$0]) } ?? ours.first
    lookAtTroubles()
    lookAtOtherKinds()
    guard let own else { return }
    lookAtControl(of: own)
    lookInFront(of: own)
    lookAtCounters(beside: lines[own])
  }

  var hasAuth: Bool { !lines.isEmpty }

  /// A module of its stack judges passwords.
  var isAsking: Bool { lines.contains { KnownModules.judges.contains($0.module.name) } }

  var isGuarded: Bool { own != nil }

  /// Nothing puts our line out of force.
  var isInForce: Bool { isGuarded && !findings.contains { $0.level == .fault } }

  /// All lines of ours that are for this service.
  var ownLines: [Stack.Line] { lines.filter { $0.isOurs(for: service) } }

  /// Those that are for other services.
  var foreignLines: [Stack.Line] {
    lines.filter { $0.module.isOurs && !$0.module.isFor(service) }
  }

  private mutating func add(
    _ level: Finding.Level, _ kind: Finding.Kind, _ place: StackPlace, _ text: String,
    _ advice: String
  ) {
    findings.append(Finding(level, kind, at: place, text, advice))
  }

  private mutating func lookAtTroubles() {
    // Where our line isn't, only such a line of ours is looked for.
    for trouble in stack.troubles where isGuarded || trouble.isOurs {
      let name = trouble.text.quotedName
      switch trouble.kind {
      case .broken:
        add(
          .fault, .stackBroken, trouble.place,
          "no line of a stack, so each login fails: \(trouble.text)",
          "mend the line")
      case .missing:
        add(
          .fault, .includeMissing, trouble.place, "there is no \(name), so each login fails",
          "name a file of /etc/pam.d")
      case .endless:
        add(
          .fault, .includeEndless, trouble.place, "\(name) includes itself, so each login fails",
          "take this line out")
      }
    }
  }

  /// libpam finds nothing to call in a line of ours that is for sessions or for a new password.
  private mutating func lookAtOtherKinds() {
    for line in stack.lines where line.module.isOurs && !line.module.kind.isServed {
      let isFatal = line.module.control.onAbsence.refuses
      add(
        isFatal ? .fault : .doubt, .kindUnserved, line.place,
        "the module has nothing for \(line.module.kind.rawValue)"
          + (isFatal ? ", so each login that comes to this line fails" : ": the line is idle"),
        "take the line out")
    }
  }

  private mutating func lookAtControl(of own: Int) {
    let line = lines[own]
    let control = line.module.control
    let shown = control.text.quotedName
    let advice = "make it 'required', or 'requisite'"
    switch control.onRefusal {
    case .bad, .die: break
    case .ignore, .reset:
      add(
        .doubt, .controlIgnored, line.place,
        "with \(shown) a refusal is no verdict: only the junk that modules behind get keeps it up",
        advice)
    case .ok, .done, .jump:
      add(
        .fault, .controlPasses, line.place,
        "with \(shown) a blocked host may get in: what a refusal leads to is no failure", advice)
    }
    if control.onIgnore.refuses {
      add(
        .fault, .controlRefuses, line.place,
        "with \(shown) each login fails: where nothing is blocked the module returns PAM_IGNORE",
        "make it 'required', or add ignore=ignore")
    } else if control.onIgnore != .ignore {
      lookAtIgnore(of: own)
    }
  }

  /// Where nothing is blocked, a line does something.
  private mutating func lookAtIgnore(of own: Int) {
    let (line, control) = (lines[own], lines[own].module.control)
    let (shown, advice) = (control.text.quotedName, "make it 'required', or add ignore=ignore")
    let judge = lines.indices.first { index in
      guard case .jump(let count) = control.onIgnore else { return false }
      return KnownModules.judges.contains(lines[index].module.name)
        && lines.jump(from: own, over: count, passes: index)
    }
    guard let judge else {
      return add(
        .doubt, .controlOdd, line.place,
        "\(shown) does something where nothing is blocked: the module returns PAM_IGNORE then",
        advice)
    }
    let name = "\(lines[judge].module.name.harmless) (\(lines[judge].place.text))"
    add(
      .fault, .controlOdd, line.place,
      "with \(shown) \(name) is passed over where nothing is blocked: it judges no password",
      advice)
  }
}

// MARK: - In front of our line

extension StackExamination {
  private mutating func lookInFront(of own: Int) {
    var isAsked = false
    for index in 0..<own where !lines[index].module.isOurs && !isAsked {
      let module = lines[index].module
      if KnownModules.judges.contains(module.name) {
        isAsked = true
        lookAtJudge(index, before: own)
      } else if let decision = decision(of: index, before: own) {
        add(.fault, .decidedBefore, index, before: own, decision)
        return
      } else if skips(index, own) {
        add(
          .doubt, .skipped, index, before: own, "may pass over this line: nothing is counted then")
      } else if !KnownModules.quiet.contains(module.name) {
        add(
          mayEnd(index, before: own) ? .doubt : .note, .unknownBefore, index, before: own,
          "stands in front, and may judge passwords: it is not known here")
      }
    }
  }

  private mutating func lookAtJudge(_ index: Int, before own: Int) {
    if mayEnd(index, before: own) {
      add(
        .fault, .behind, index, before: own,
        "judges passwords in front of this line, which many logins never come to")
    } else {
      add(
        .doubt, .judgedBefore, index, before: own,
        "judges passwords in front of this line, those of a blocked guesser, too")
    }
  }

  /// - Parameter what: what the line at `index` does.
  private mutating func add(
    _ level: Finding.Level, _ kind: Finding.Kind, _ index: Int, before own: Int, _ what: String
  ) {
    let line = lines[index]
    let text = "\(line.module.name.harmless) (\(line.place.text)) \(what)"
    let advice = "move this line in front of that, or of what includes it"
    add(level, kind, lines[own].place, text, advice)
  }

  /// Whether a verdict of the line at `index` can keep a login from coming to our line.
  private func mayEnd(_ index: Int, before own: Int) -> Bool {
    let control = lines[index].module.control
    return [control.onSuccess, control.onRefusal].contains { action in
      switch action {
      case .done, .die: lines.shareEnd(index, own)
      case .jump(let count): passesOver(index, count, own)
      case .ignore, .ok, .bad, .reset: false
      }
    }
  }

  /// Whether a jump leads past our line, or past what would let a login go on to it.
  private func passesOver(_ index: Int, _ count: Int, _ own: Int) -> Bool {
    if lines.jump(from: index, over: count, passes: own) { return true }
    // As in Debian's common-auth: the right password passes over a pam_deny that stops others.
    return (index + 1..<own).contains { between in
      lines.jump(from: index, over: count, passes: between) && lines.shareEnd(between, own)
        && lines[between].module.control.onRefusal == .die
    }
  }

  /// How a line that looks at nothing ends the stack for all.
  private func decision(of index: Int, before own: Int) -> String? {
    let module = lines[index].module
    // A line further up may pass over it.
    let isPassed = (0..<index).contains { skips($0, index) }
    guard !isPassed else { return nil }
    switch (module.name, module.control.onSuccess, module.control.onRefusal) {
    case ("pam_permit", .done, _) where lines.shareEnd(index, own):
      return "lets each login in, without a password"
    case ("pam_permit", .jump(let count), _)
    where lines.jump(from: index, over: count, passes: own):
      return "passes over this line in each login"
    case ("pam_deny", _, .die) where lines.shareEnd(index, own):
      return "refuses each login, in front of this line"
    default: return nil
    }
  }

  private func skips(_ index: Int, _ target: Int) -> Bool {
    lines[index].module.control.jumps.contains {
      lines.jump(from: index, over: $0, passes: target)
    }
  }
}

// MARK: - Others that count

extension StackExamination {
  private mutating func lookAtCounters(beside line: Stack.Line) {
    // The stack ends with our refusal, and the others see nothing of it.
    guard line.module.control.onRefusal == .bad else { return }
    let advice = "make \(line.place.text) 'requisite'"
    if let counter = lines.first(where: { KnownModules.counters.contains($0.module.name) }) {
      add(
        .doubt, .counter, counter.place,
        "\(counter.module.name.harmless) counts failures, too: what is refused here locks the account there",
        advice)
    } else if let directory = lines.first(where: {
      KnownModules.directories.contains($0.module.name)
    }) {
      add(
        .note, .directory, directory.place,
        "if the directory of \(directory.module.name.harmless) counts failures, refusals lock accounts there",
        advice)
    }
  }
}

extension Stack.Line {
  /// One whose trial is over isn't.
  func isOurs(for service: String) -> Bool {
    module.isOurs && module.isFor(service) && !module.isOver
  }
}

extension StackPlace {
  /// `/etc/pam.d/sshd:3`, escaped.
  var text: String { file.harmless + (line > 0 ? ":\(line)" : "") }
}
