internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy

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
        logins += try LoginRecord.read(path).filter { $0.time >= oldest && $0.time <= now }
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

/// A login of a user from an address, as wtmp(5) has it.
struct LoginRecord {
  let user: Name
  let address: HostAddress
  let time: Timestamp

  /// `struct utmp` of a 64-bit glibc, as bytes.
  private static let length = 384
  /// Of a file that much is read, from its end.
  private static let most = 64 << 20

  /// All of a file, as far as they are logins of users.
  static func read(_ path: Path) throws(SystemError) -> [LoginRecord] {
    let file = try File(path, .read)
    let size = try file.status.size / length * length
    let start = max(0, size - most / length * length)
    let bytes = try file.read(size - start, at: start)
    return stride(from: 0, to: bytes.count - length + 1, by: length).compactMap { place in
      LoginRecord(bytes[place..<place + length])
    }
  }

  private init?(_ record: ArraySlice<UInt8>) {
    func number(_ offset: Int, _ count: Int) -> Int64 {
      record.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
    // USER_PROCESS
    guard number(0, 2) == 7 else { return nil }
    let name = record.dropFirst(44).prefix(32).prefix { $0 != 0 }
    let octets = record.dropFirst(348).prefix(16)
    let isV4 = octets.dropFirst(4).allSatisfy { $0 == 0 }
    guard !name.isEmpty, octets.contains(where: { $0 != 0 }),
      let address = HostAddress(octets: isV4 ? octets.prefix(4) : octets)
    else { return nil }
    (user, self.address, time) = (Name(name), address, Timestamp(seconds: number(340, 4)))
  }
}
