internal import BlockList
internal import CSystem
internal import Platform
internal import Policy

/// The configurations that lines of stacks name, each read once.
struct LineConfigurations {
  private let files: MachineFiles
  private var known: [[[UInt8]]: LoadedConfiguration] = [:]
  /// In the order that they were met.
  private var words: [[[UInt8]]] = []

  init(_ files: MachineFiles) { self.files = files }

  /// Whether a line refuses, and not only counts.
  mutating func refuses(_ line: Stack.Line) -> Bool {
    Self.does([.checkHost, .checkUser], loaded(line.module).configuration)
  }

  /// A line without such words does everything.
  private static func does(_ wanted: [Actions], _ configuration: Configuration) -> Bool {
    let actions = configuration.actions
    return actions.isEmpty || wanted.contains { actions.contains($0) }
  }

  /// What holds for a line.
  mutating func configuration(of line: Stack.Line) -> LoadedConfiguration { loaded(line.module) }

  /// As the module reads it.
  private mutating func loaded(_ module: StackModule) -> LoadedConfiguration {
    if let loaded = known[module.arguments] { return loaded }
    // As the shim does: the reader never sees which services the line is for.
    var words = module.arguments.map { word in
      StackModule.service(in: word) != nil || word.starts(with: TrialEnd.prefix) ? [] : word
    }
    if !files.isHere { words = rooted(words) }
    let loaded = LoadedConfiguration(arguments: words)
    known[module.arguments] = loaded
    self.words.append(module.arguments)
    return loaded
  }

  private func rooted(_ words: [[UInt8]]) -> [[UInt8]] {
    let key = Array("config=".utf8)
    if let index = words.firstIndex(where: { $0.starts(with: key) }) {
      var words = words
      words[index] = key + files.path(Array(words[index].dropFirst(key.count))).bytes
      return words
    }
    let hasSettings = words.contains { $0.contains(UInt8(ascii: "=")) }
    let usual = LoadedConfiguration.defaultFile
    let isThere = files.status(String(decoding: usual.bytes, as: UTF8.self)) != nil
    // Settings in the line make up for a default file that is missing; so does an empty one.
    let file = isThere || !hasSettings ? files.path(usual.bytes).bytes : Array("/dev/null".utf8)
    return isThere || !hasSettings ? [key + file] + words : words
  }
}

// MARK: - What is wrong with them

extension LineConfigurations {
  /// - Parameter config: what to look at if no line names one.
  mutating func findings(_ examined: [StackExamination], _ config: Path) -> [Finding] {
    var findings: [Finding] = []
    var seen: Set<[[UInt8]]> = []
    for line in examined.flatMap({ $0.stack.lines }).filter({ $0.module.isOurs }) {
      guard seen.insert(line.module.arguments).inserted else { continue }
      findings += self.findings(in: loaded(line.module), line.place)
    }
    for service in examined where service.isGuarded {
      findings += self.purposes(service).filter { finding in
        !findings.contains { $0.kind == finding.kind && $0.place == finding.place }
      }
    }
    return findings
  }

  private func findings(in loaded: LoadedConfiguration, _ place: StackPlace) -> [Finding] {
    if let failure = loaded.failure {
      let advice = "make the file, root's and with mode 644; ablctl check-config reads it likewise"
      guard Terminal.isRoot || !failure.isRefused else { return [unread(failure, place)] }
      return [
        Finding(
          .fault, .configurationMissing, at: place,
          "no rule is in force by this line: " + files.unrooted(String(failure.message)), advice)
      ]
    }
    let errors = loaded.diagnostics.filter { $0.severity == .error }
    let typed = errors.filter { String($0.file) == "pam argument" }
    var findings = typed.map { mistake in
      let word = Name(mistake.lineText).quoted
      return Finding(
        .doubt, .argumentMistake, at: place, "the word \(word): \(String(mistake.message))",
        "mend the word; pam_abl(8) has those that there are")
    }
    if let first = errors.first(where: { String($0.file) != "pam argument" }) {
      let file = files.unrooted(String(first.file))
      findings.append(
        Finding(
          .doubt, .configurationMistakes, at: StackPlace(file: file, line: first.line),
          "\(counted(errors.count - typed.count, "mistake")), the first: \(String(first.message))",
          "ablctl check-config --config \(file.harmless) shows each with its line"))
    }
    if loaded.configuration.hasNoRule {
      findings.append(
        Finding(
          .fault, .noRule, at: place,
          "neither host_rule nor user_rule is set for this line: no login is ever refused",
          "set one in the configuration that the line names"))
    }
    return findings
  }

  private func unread(_ failure: StoreError, _ place: StackPlace) -> Finding {
    Finding(
      .doubt, .configurationMissing, at: place, files.unrooted(String(failure.message)),
      "run this as root")
  }

  /// Whether the lines of a service count and refuse, between them.
  private mutating func purposes(_ service: StackExamination) -> [Finding] {
    let lines = service.ownLines
    let configurations = lines.map { loaded($0.module).configuration }
    guard let place = lines.first?.place else { return [] }
    var findings: [Finding] = []
    if !configurations.contains(where: { Self.does([.checkHost, .checkUser], $0) }) {
      findings.append(
        Finding(
          .fault, .refusesNothing, at: place,
          "by its words the line counts only, and refuses nothing",
          "add check_both, or take log_host, log_user and log_both out"))
    }
    if !configurations.contains(where: { Self.does([.logHost, .logUser], $0) }) {
      findings.append(
        Finding(
          .doubt, .countsNothing, at: place,
          "by its words the line refuses only, and counts nothing",
          "add log_both, or take check_host, check_user and check_both out"))
    }
    return findings
  }
}

extension StoreError {
  /// We are not allowed to.
  var isRefused: Bool {
    if case .system(let error) = self { error.isRefusal } else { false }
  }
}

// MARK: - Where they keep what they know

extension LineConfigurations {
  /// - Parameter config: what to look at if no line names one.
  func homes(_ config: Path, checkingStore: Bool) -> [Finding] {
    var configurations = words.compactMap { known[$0] }.filter { $0.failure == nil }
      .map { $0.configuration }
    if known.isEmpty {
      let loaded = LoadedConfiguration(file: config)
      if loaded.failure == nil, !loaded.isForeign { configurations = [loaded.configuration] }
    }
    var seen: Set<[UInt8]> = []
    return configurations.flatMap { configuration -> [Finding] in
      guard seen.insert(configuration.databaseHome.bytes).inserted else { return [] }
      return home(configuration.databaseHome, inMemory: false)
        + home(configuration.runHome, inMemory: true)
        + (checkingStore ? StoreExamination(configuration, files).findings : [])
    }
  }

  private func home(_ name: Name, inMemory: Bool) -> [Finding] {
    let path = String(decoding: name.bytes, as: UTF8.self)
    guard let status = files.status(path) else { return [] }
    let place = StackPlace(file: path, line: 0)
    var findings: [Finding] = []
    if files.isOthers(status) {
      findings.append(
        Finding(
          .fault, .homeWritable, at: place,
          "others than root may write here, so nothing here is used (\(MachineFiles.rights(status)))",
          "chown root:root and chmod 700 it"))
    }
    if inMemory, gnu_dev_major(status.st_dev) != 0 {
      findings.append(
        Finding(
          .note, .runOnDisk, at: place, "run_home is on a disk, and each login waits for that",
          "name a directory below /run"))
    }
    return findings
  }
}
