internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// Whether abl is in force on a machine, and what is in its way.
struct Examination {
  private(set) var findings: [Finding] = []
  /// Services in which our line is, and nothing puts it out of force.
  private(set) var guarded: [String] = []
  /// Services that ask for a password without our line.
  private(set) var unguarded: [String] = []

  let files: MachineFiles

  enum Verdict: String {
    case inForce, doubtful, notInForce
  }

  var verdict: Verdict {
    if guarded.isEmpty || findings.contains(where: { $0.level == .fault }) { return .notInForce }
    return findings.contains { $0.level == .doubt } ? .doubtful : .inForce
  }

  /// - Parameters:
  ///   - config: the configuration to look at if no line of a stack names one.
  ///   - checkingStore: whether to look at all of the store, too.
  init(_ files: MachineFiles, config: Path, checkingStore: Bool) {
    self.files = files
    var configurations = LineConfigurations(files)
    let names = files.stackNames
    let services = Self.services(names, files)
    let examined = services.map { service in
      StackExamination(service, files) { configurations.refuses($0) }
    }.filter { $0.hasAuth }
    var seen = Set<String>()
    for finding in examined.flatMap({ $0.findings }) where seen.insert(finding.identity).inserted {
      findings.append(finding)
    }
    unguarded = examined.filter { !$0.isGuarded && $0.isAsking }.map { $0.service }
    if !examined.contains(where: { $0.isGuarded }), findings.isEmpty {
      findings.append(absence(examined))
    }
    findings += files.unreadStacks.map { path in
      Finding(
        .note, .stackUnread, at: StackPlace(file: path, line: 0), "this stack can't be read",
        "run this as root")
    }
    findings += Self.strangers(examined, services)
    findings += modules(examined)
    findings += trials()
    findings += configurations.findings(examined, config)
    findings += configurations.homes(config, checkingStore: checkingStore)
    findings += server(examined)
    findings += daemon() + fleet() + rootless(examined, &configurations)
    findings += bystanders(examined)
    guarded = examined.filter { $0.isInForce && !isUndone($0, examined) }.map { $0.service }
    // In the order that they were found; sort() may change that.
    findings = [.fault, .doubt, .note].flatMap { level in findings.filter { $0.level == level } }
  }

  /// Adds what a try has shown.
  mutating func add(_ finding: Finding) {
    let place = findings.firstIndex { $0.level > finding.level } ?? findings.endIndex
    findings.insert(finding, at: place)
  }

  /// A file that others include is none, unless it is known to be a program's.
  private static func services(_ names: [String], _ files: MachineFiles) -> [String] {
    var included: Set<String> = []
    for name in names {
      let text = files.stack(name)?.text ?? []
      for (_, entry) in StackText.entries(of: text) {
        guard case .include(let file, _, _) = entry else { continue }
        included.insert(file.split(separator: "/").last.map { String($0) } ?? file)
      }
    }
    return names.filter { !included.contains($0) || programs.contains($0) }
  }

  private static let programs: Set = ["sshd", "login", "su", "sudo", "remote", "passwd", "cron"]
}

// MARK: - What is in force

extension Examination {
  /// Whether a fault that isn't in its own stack puts our line in `service` out of force.
  private func isUndone(_ service: StackExamination, _ examined: [StackExamination]) -> Bool {
    let lines = examined.flatMap { $0.stack.lines }
    return findings.contains { fault in
      guard fault.level == .fault else { return false }
      let faulty = lines.filter { $0.place == fault.place }
      switch fault.kind {
      case .libraryMissing, .moduleDamaged, .moduleForeign, .homeWritable: return true
      case .noPAM: return service.service == "sshd"
      // These are told once, of the first line.
      case .moduleMissing:
        return service.ownLines.contains { own in
          faulty.contains { $0.module.file == own.module.file }
        }
      case .configurationMissing, .noRule:
        return service.ownLines.contains { own in
          faulty.contains { $0.module.arguments == own.module.arguments }
        }
      default: return service.ownLines.contains { $0.place == fault.place }
      }
    }
  }
}

// MARK: - The stacks

extension Examination {
  /// No service has our line.
  private func absence(_ examined: [StackExamination]) -> Finding {
    if let over = TrialLines(files).all.first(where: { $0.end.left == nil }) {
      return Finding(.fault, .trialOver, at: over.place, Self.trialOver, Self.begin)
    }
    if let line = examined.flatMap({ $0.foreignLines }).first {
      return Finding(
        .fault, .onlyUnknown, at: line.place,
        "the line is for \(Self.list(line.module.services)) only, and no such service asks for a password here",
        "name a service of /etc/pam.d behind only=")
    }
    if let place = files.firstLine {
      return Finding(
        .fault, .lineUnused, at: place, "no service comes by this line with a password",
        "put an auth line into /etc/pam.d/sshd, in front of '@include common-auth'")
    }
    return Finding(
      .fault, .noLine, "no PAM stack names pam_abl.so, so nothing is counted or refused",
      "'ablctl trial start' turns it on for ten minutes; for good put 'auth required pam_abl.so' into "
        + "/etc/pam.d/sshd, in front of '@include common-auth'")
  }

  private static let trialOver = "the trial is over, and this line is nothing"
  private static let begin = "ablctl trial start begins anew, ablctl trial stop takes the line out"

  /// Lines that are nothing by themselves, now or soon.
  private func trials() -> [Finding] {
    let known = findings.map { $0.place }
    return TrialLines(files).all.filter { !known.contains($0.place) }.map { trial in
      guard let left = trial.end.left else {
        return Finding(.doubt, .trialOver, at: trial.place, Self.trialOver, Self.begin)
      }
      let rest = Duration(seconds: left).text
      return Finding(
        .note, .trial, at: trial.place,
        "this line is on trial for another \(rest), and then nothing",
        "ablctl trial keep makes it stay")
    }
  }

  /// Lines for services that there are not.
  private static func strangers(
    _ examined: [StackExamination], _ services: [String]
  ) -> [Finding] {
    guard examined.contains(where: { $0.isGuarded }) else { return [] }
    var seen: Set<String> = []
    var findings: [Finding] = []
    for line in examined.flatMap({ $0.ownLines + $0.foreignLines }) {
      for name in line.module.services
      where !services.contains(name) && seen.insert(line.place.text + " " + name).inserted {
        findings.append(
          Finding(
            .doubt, .onlyUnknown, at: line.place, "there is no service \(name.quotedName) here",
            "name a file of /etc/pam.d behind only="))
      }
    }
    return findings
  }

  private func modules(_ examined: [StackExamination]) -> [Finding] {
    var seen: Set<String> = []
    var findings: [Finding] = []
    let lines = examined.flatMap { $0.stack.lines }.filter { $0.module.isOurs }
    for line in lines {
      if seen.insert(line.module.file).inserted {
        let module = ModuleFile(line.module.file, files)
        findings += module.findings(line.place, line.module.control)
      }
      if seen.insert(line.place.file).inserted, let status = files.status(line.place.file),
        files.isOthers(status)
      {
        findings.append(
          Finding(
            .doubt, .stackWritable, at: StackPlace(file: line.place.file, line: 0),
            "others than root may change this stack (\(MachineFiles.rights(status)))",
            "chown root:root and chmod 644 it"))
      }
    }
    if !lines.isEmpty, !files.hasLibrary {
      findings.append(
        Finding(
          .fault, .libraryMissing,
          "there is no liblmdb.so.0, which the module loads to write down failures",
          "install it: on Debian, apt-get install liblmdb0"))
    }
    return findings
  }

  /// What isn't guarded, and what else is there.
  private func bystanders(_ examined: [StackExamination]) -> [Finding] {
    guard examined.contains(where: { $0.isGuarded }) else { return [] }
    var findings: [Finding] = []
    let known = unguarded.filter { ["sshd", "login", "su", "sudo"].contains($0) }
    let others = unguarded.filter { !known.contains($0) }
    if !known.isEmpty {
      findings.append(
        Finding(
          .note, .unprotected, "without the line, and open to guesses: \(Self.list(known))", ""))
    }
    if !others.isEmpty {
      findings.append(Finding(.note, .without, "without the line, too: \(Self.list(others))", ""))
    }
    return findings
  }

  static func list(_ names: [String]) -> String {
    names.map { $0.harmless }.joined(separator: ", ")
  }
}

extension Finding {
  /// Services that include one file find the same in it.
  fileprivate var identity: String {
    kind.rawValue + " " + (place?.text ?? "") + " " + text + advice
  }
}
