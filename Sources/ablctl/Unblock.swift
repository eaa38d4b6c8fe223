internal import ArgumentParser
internal import BlockList
internal import Policy

struct Unblock: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forget the attempts of hosts and users, so that they are not blocked.",
    discussion: """
      An address is a host; any other name is looked up among the hosts and among the users, unless \
      --host or --user says which. Who isn't known needs no forgiving: that is said, and no failure.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "Whom to forgive; as the name is, or as it is printed.")
  var name: [TypedName] = []

  @Flag(exclusivity: .exclusive)
  var kind: Kind?

  @Flag(help: "Forgive all hosts and users, or all of one kind.")
  var all = false

  func run() throws {
    guard all || !name.isEmpty else {
      throw Misuse(command: "unblock", message: "Nobody to unblock. Give a name, or --all.")
    }
    guard !all || name.isEmpty else {
      throw Misuse(command: "unblock", message: "Give either names or --all.")
    }
    let blockList = try setup.blockList()
    if all { try forgiveAll(blockList) } else { try forgiveNamed(blockList) }
  }

  private func forgiveNamed(_ blockList: BlockList) throws {
    var unique: [TypedName] = []
    for name in name where !unique.contains(name) { unique.append(name) }
    try Output.open { output in
      for name in unique {
        let subjects = try name.subjects(kind, in: blockList)
        let blocked = try subjects.filter { try blockList.isBlocked($0) }
        let known = try blockList.forgive(subjects, at: .now)
        blockList.runCommands()
        if known.isEmpty { complain("nothing is known of '\(name.typed.shown)'") }
        for subject in known {
          let wasBlocked = blocked.contains(subject)
          let finding = wasBlocked ? "unblocked" : "was not blocked; attempts forgotten"
          try output.add("\(subject.shown): \(finding)")
        }
      }
    }
  }

  private func forgiveAll(_ blockList: BlockList) throws {
    var (known, blocked) = (0, 0)
    let now = Timestamp.now
    try Listing(blockList, kind).forEachChunk(of: 500) { chunk in
      blocked += chunk.count {
        blockList.configuration.standing(
          of: $0.subject, using: nil, after: $0.record.times(at: now), at: now
        ).block != nil
      }
      known += try blockList.forgive(chunk.map { $0.subject }, at: now).count
      blockList.runCommands()
    }
    let summary = "forgot the attempts of \(counted(known, "subject")), \(blocked) of them blocked"
    try Output.open { try $0.add(summary) }
  }
}

extension BlockList {
  fileprivate func isBlocked(_ subject: Subject) throws -> Bool {
    try block(of: subject, using: nil, at: .now) != nil
  }
}
