import Foundation

/// A machine with a stack of PAM: the built module in front of a small one that judges passwords.
///
/// The real libpam runs it, in a process of its own for each call, by Tests/Support/pamdrive.c.
/// The right password is "right". Nothing needs root: the store belongs to the user that runs the
/// tests.
open class LoginMachine: Machine, @unchecked Sendable {
  public static let module = Repository.build.appendingPathComponent("pam/pam_abl.so").path
  public static let ablctl = Repository.build.appendingPathComponent("release/ablctl").path
  /// The module that judges.
  public static let check = support("pam_testcheck.so")

  /// A fixture of Tests/Support, built.
  public static func support(_ name: String) -> String {
    Repository.build.appendingPathComponent("support/\(name)").path
  }

  /// Without a configuration or a stack.
  public override init(in parent: URL? = nil) throws {
    try super.init(in: parent)
    for name in ["syslog", "syncs", "judged"] { try write("", to: name) }
    try makeDirectory("pam.d")
    try write("auth required pam_deny.so\n", to: "pam.d/other")
    try setClock(0)
  }

  open override var store: String { "store" }

  /// Seconds by which the clock is ahead, for every process of this machine.
  public func setClock(_ seconds: Int) throws { try setClock("\(seconds)") }

  /// From now on it stands still for them, so many seconds into the epoch.
  public func stopClock(at seconds: Int) throws { try setClock("=\(seconds)") }

  /// In one step: a process of before may look at it meanwhile.
  private func setClock(_ text: String) throws {
    try replace("clock", by: text, mode: 0o644)
  }

  /// What programs see the clock by, and the log: Tests/Support/testshim.c.
  open var environment: [String: String] {
    [
      "LD_PRELOAD": Self.support("testshim.so"), "ABL_TEST_CLOCK": path("clock"),
      "ABL_TEST_SYSLOG": path("syslog"), "ABL_TEST_SYNCS": path("syncs"),
    ]
  }

  /// Runs a program with them.
  public func run(_ program: String, _ words: [String], patience: Int = 600) throws -> Ended {
    try Command(program, words, environment: environment, patience: patience).run()
  }

  /// Runs ablctl with this configuration.
  public func ablctl(_ words: String...) throws -> Ended {
    try run(Self.ablctl, [words[0], "--config", config] + words.dropFirst())
  }

  /// Writes the configuration: where the store is, and `rules`.
  public func configure(_ rules: String) throws { try configure(rules: rules) }

  // MARK: Logins

  /// Writes the lines of the service "t".
  public func services(_ lines: [String]) throws {
    try write(lines.joined(separator: "\n") + "\n", to: "pam.d/t")
  }

  /// Likewise.
  public func services(_ lines: String...) throws { try services(lines) }

  /// Words for pamdrive.
  private func words(_ user: String?, _ host: String?) -> [String] {
    ["--confdir", path("pam.d"), "--service", "t"]
      + (user.map { ["--user", $0] } ?? []) + (host.map { ["--rhost", $0] } ?? [])
  }

  /// Runs steps of pamdrive as `user` from `host`.
  public func drive(
    _ steps: String..., user: String? = "bob", host: String? = "192.0.2.7",
    options: [String] = ["--no-delay"], under tool: [String] = []
  ) throws -> Ended {
    let all = tool + [Self.support("pamdrive")] + words(user, host) + options + steps
    return try Command(all[0], Array(all.dropFirst()), environment: environment).run()
  }

  /// A line of a shell that runs steps of pamdrive as bob from 192.0.2.7.
  public func command(_ steps: String...) -> String {
    ([Self.support("pamdrive")] + words("bob", "192.0.2.7") + steps).joined(separator: " ")
  }

  /// Tries `count` passwords one after the other, each in a process of its own, and gives the codes
  /// of the stack.
  public func attempts(
    _ count: Int = 1, _ password: String = "wrong", user: String = "bob",
    host: String? = "192.0.2.7"
  ) throws -> [String] {
    let options = ["--no-delay", "--attempts", "\(count)"]
    return try drive("auth:\(password)", "end", user: user, host: host, options: options)
      .authCodes
  }

  // MARK: What came of it

  /// How many passwords have been looked at, without those that were made up for a refused one.
  public var judged: Int {
    get throws { try lines("judged").count { !$0.hasSuffix(" junk") } }
  }

  /// What our module has said, without what libpam puts in front, and what is news.
  public var log: [String] {
    get throws {
      try lines("syslog").map(LogNews.message).filter { !LogNews.isNews($0) }
    }
  }
}

extension Ended {
  /// What pamdrive printed of pam_authenticate: the codes.
  public var authCodes: [String] {
    lines.filter { $0.hasPrefix("auth") }.map { String($0.split(separator: " ")[1]) }
  }
}
