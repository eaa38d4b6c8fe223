internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether hosts and users are blocked.",
    discussion: """
      Nothing is changed. The exit status is 0 if all of them are clear and 2 if one is blocked; any \
      other says that this could not be told.
      """)

  @OptionGroup var setup: Setup

  @Option(name: [.customShort("H"), .long], help: "A host to check. Repeatable.")
  var host: [Host] = []

  @Option(name: [.customShort("U"), .long], help: "A user to check. Repeatable.")
  var user: [Name] = []

  @Option(name: .shortAndLong, help: "The service they log in to.")
  var service: Name = "sshd"

  @Flag(exclusivity: .exclusive)
  var format: Format?

  func run() throws {
    var query = CheckQuery()
    (query.hosts, query.users, query.format) = (host, user, format)
    (query.service, query.config) = (service, setup.config)
    guard !query.isEmpty else {
      throw Misuse(command: "check", message: "Nothing to check. Give a --host or a --user.")
    }
    if try query.run() { throw ExitCode(2) }
  }
}

/// Whom to check, and how to tell.
struct CheckQuery {
  var hosts: [Host] = []
  var users: [Name] = []
  var service: Name = "sshd"
  var config = LoadedConfiguration.defaultFile
  var format: Format?

  var isEmpty: Bool { hosts.isEmpty && users.isEmpty }

  /// Tells it, and says whether one is blocked.
  func run() throws -> Bool {
    let subjects = hosts.map { Subject.host($0) } + users.map { .user($0) }
    let blockList = try BlockList.opened(config)
    var report = Report(format: format, service: service)
    try Output.open { output in
      for subject in subjects {
        let times = try blockList.knownRecord(of: subject)?.times(at: report.now) ?? []
        let standing = blockList.configuration.standing(
          of: subject, using: service, after: times, at: report.now)
        try report.add(subject, standing, to: &output)
      }
    }
    return report.isOneBlocked
  }
}

/// What is told of those who were checked.
private struct Report {
  let format: Format?
  let service: Name
  let now = Timestamp.now
  var isOneBlocked = false
  private var local = LocalTime()

  init(format: Format?, service: Name) {
    (self.format, self.service) = (format, service)
  }

  mutating func add(_ subject: Subject, _ standing: Standing, to output: inout Output) throws {
    isOneBlocked = isOneBlocked || standing.block != nil
    switch format {
    case .quiet: break
    case .json: try output.add(bytes: object(subject, standing).line())
    case nil: try output.add(subject.shown + ": " + standing.sentence(&local, at: now))
    }
  }

  private func object(_ subject: Subject, _ standing: Standing) -> JSONObject {
    var object = JSONObject()
    object.set("kind", subject.kindText)
    object.set("name", subject.name)
    object.set("service", service.shown)
    standing.describe(in: &object)
    return object
  }
}
