internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct KnownImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take over where users have logged in from, as wtmp has it.",
    discussion: """
      So the first month is covered, too: what is older than 'user_known' is left out, and so are \
      logins that came from no address. Without a file, /var/log/wtmp and /var/log/wtmp.1 are read.
      """)

  @OptionGroup var setup: Setup

  @Argument(help: ArgumentHelp("Files of wtmp(5).", valueName: "file"))
  var file: [Path] = []

  func run() throws {
    let blockList = try setup.changeableBlockList()
    let configuration = blockList.configuration
    guard configuration.userKnown > 0 else {
      throw Failure(message: "'user_known' is not set: no user would be known by these logins")
    }
    let now = Timestamp.now
    let oldest = now.adding(-Int64(configuration.userKnown))
    var logins: [(home: Subject, time: Timestamp)] = []
    for path in file.isEmpty ? ["/var/log/wtmp", "/var/log/wtmp.1"] as [Path] : file {
      do throws(SystemError) {
        logins += try LoginRecord.read(path, atMost: 64 << 20)
          .filter { !$0.user.bytes.isEmpty && $0.time >= oldest && $0.time <= now }
          .compactMap { login in
            configuration.home(of: login.user, at: .address(login.address)).map { ($0, login.time) }
          }
      } catch {
        guard file.isEmpty else { throw Failure(message: String(error.message)) }
      }
    }
    logins.sort { $0.time < $1.time }
    var new = 0
    for start in stride(from: 0, to: logins.count, by: 500) {
      new += try blockList.add(Array(logins[start...].prefix(500)), at: now)
    }
    try Output.open {
      try $0.add("\(counted(logins.count, "login")) of wtmp; \(new) networks of users are new")
    }
  }
}
