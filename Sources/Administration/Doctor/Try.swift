internal import BlockList
internal import CPAMClient
internal import Platform
internal import Policy
internal import Upkeep

/// A wrong password through a stack of this machine, which is taken back.
struct Try {
  private let files: MachineFiles
  private let service: String?

  /// - Parameter guarded: the services that have a line which works.
  init(_ files: MachineFiles, _ guarded: [String]) {
    self.files = files
    service = guarded.contains("sshd") ? "sshd" : guarded.first
  }

  /// No user has this name, and no machine this address (RFC 5737).
  private struct Guesser {
    let host: Subject
    let user: Subject

    init?() {
      let (number, network) = (Random.number % 1_000_000, Random.number % 3)
      let address = ["192.0.2.", "198.51.100.", "203.0.113."][Int(network)] + "\(1 + number % 254)"
      guard let host = Host(Array(address.utf8)[...]) else { return nil }
      self.host = .host(host)
      user = .user(Name(Array("abl-doctor-\(number)".utf8)))
    }

    /// What its attempt counts for.
    func subjects(_ configuration: Configuration) -> [Subject] {
      configuration.subjects(of: Attempt(user: user.user, host: host.host, service: ""))
        .filter { $0.kind != .home }
    }
  }

  /// - Parameter isSure: whether there need be no question.
  /// - Throws: a `Failure` if it may not be tried.
  func finding(isSure: Bool) throws -> Finding {
    guard let service else {
      return Finding(
        .note, .notTried, "no password was tried: no service has a line that works", "")
    }
    guard Terminal.isRoot else {
      throw Failure(message: "cannot try a password: libpam judges others for root only")
    }
    var configurations = LineConfigurations(files)
    let examined = StackExamination(service, files) { configurations.refuses($0) }
    guard let line = examined.ownLines.first, let guesser = Guesser() else {
      return Finding(.note, .notTried, "no password was tried: there is no line", "")
    }
    let configuration = configurations.configuration(of: line).configuration
    if let why = Self.obstacle(guesser, configuration) {
      return Finding(.note, .notTried, at: line.place, "no password was tried: " + why, "")
    }
    try ask(examined, guesser, isSure: isSure)
    return try Self.guess(service, guesser, BlockList(configuration), line.place)
  }

  /// Why one failure would be no proof, or would do more than to be counted.
  private static func obstacle(_ guesser: Guesser, _ configuration: Configuration) -> String? {
    let now = Timestamp.now
    let isBlocked = guesser.subjects(configuration).contains { subject in
      configuration.rule(for: subject).block(
        of: subject, using: nil, after: [Guess(now, .unknown)], inFlight: 0, at: now) != nil
    }
    if isBlocked { return "by the rule the first failure blocks already" }
    let isCounted = guesser.subjects(configuration).contains { !configuration.isAllowed($0) }
    return isCounted ? nil : "a white list has \(guesser.host.name)"
  }

  /// Says which modules will see it.
  private func ask(_ examined: StackExamination, _ guesser: Guesser, isSure: Bool) throws {
    let names = examined.stack.lines(.auth).map { $0.module.name }
    let counters = names.filter { KnownModules.counters.contains($0) }
    let others = names.filter { name in
      name != "pam_abl" && (counters.contains(name) || !KnownModules.quiet.contains(name))
    }
    var seen: Set<String> = []
    let shown = others.filter { seen.insert($0).inserted }.map { $0.harmless }
    let witnesses = shown.isEmpty ? "no other module" : shown.joined(separator: ", ")
    let what = "a wrong password for \(guesser.user.name) from \(guesser.host.name)"
    let route = "\(what) goes through \(examined.service.harmless)"
    let sentence = "\(route); what sees it, too: \(witnesses)"
    if isSure { return }
    if let counter = counters.first {
      throw Failure(message: "\(sentence); \(counter.harmless) counts it, so say --yes if it may")
    }
    guard Terminal.isPersonThere else {
      throw Failure(message: "\(sentence); say --yes if it may")
    }
    complain(sentence)
    guard try Terminal.agrees("Try it?") else { throw Failure(message: "nothing was tried") }
  }

  private static func guess(
    _ service: String, _ guesser: Guesser, _ blockList: BlockList, _ place: StackPlace
  ) throws -> Finding {
    // Behind the name that there isn't, no password is right.
    let password = "abl-doctor \(Random.number)"
    let code = unsafe cpam_authenticate(
      service, guesser.user.name, guesser.host.name, password)
    let service = service.harmless
    guard code != cpam_unavailable else {
      return Finding(
        .note, .notTried, at: place, "no password was tried: libpam can't be loaded", "")
    }
    let known = try guesser.subjects(blockList.configuration).filter { subject in
      try blockList.knownRecord(of: subject, at: .now)?.attempts.isEmpty == false
    }
    guard !known.isEmpty else {
      let advice = "journalctl -g pam_abl may say why"
      let what = code == PAM_SUCCESS ? "let in" : "refused by code \(code)"
      return Finding(
        .fault, .notCounted, at: place,
        "a wrong password in \(service) was \(what), and not counted",
        advice)
    }
    let forgiven = try blockList.forgive(guesser.subjects(blockList.configuration), at: .now)
    blockList.runCommands()
    guard forgiven.count == known.count else {
      return Finding(
        .doubt, .notForgotten, at: place, "a wrong password in \(service) was counted, and stays",
        "ablctl unblock \(guesser.host.name) \(guesser.user.name)")
    }
    guard code != PAM_SUCCESS else {
      return Finding(
        .fault, .notCounted, at: place, "\(service) lets in every login, with any password",
        "mend the stack; a line in front of it has nothing to count")
    }
    let kinds = known.map { $0.kindText }.joined(separator: " and for the ")
    return Finding(
      .note, .tried, at: place,
      "a wrong password in \(service) was counted for the \(kinds), and taken back", "")
  }
}
