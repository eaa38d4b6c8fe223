import Foundation
import Harness

/// The lines of a PAM service, and the words behind our module.
///
/// In a line `ABL` is the module with its configuration and the words, `CHECK` is what judges
/// passwords (the right one is "right"), and `DIR` is the machine's directory.
struct Stack: Sendable {
  var lines = ["auth requisite ABL", "auth required CHECK"]
  var words = ""
  /// Whether the module is told where its configuration is.
  var namesConfiguration = true
  /// Whether the configuration begins with db_home, host_db and user_db.
  var namesDatabases = true

  /// Without a configuration of its own a module reads the one that is installed, if there is one.
  var needsNoInstalledConfiguration: Bool {
    !namesConfiguration && !words.contains("config=")
      && FileManager.default.fileExists(atPath: "/etc/security/pam_abl.conf")
  }
}

/// One of the two modules with its files in a directory of its own, and the real libpam over it.
///
/// Each attempt is a process of Tests/Support/pamdrive.c: pam_start, pam_authenticate, and pam_end
/// with what came of it, as the old module wants it. Both read the same file and the same words,
/// but for
/// `run_home`, which the old one doesn't know.
final class Machine: LoginMachine, @unchecked Sendable {
  let module: Module
  private let stack: Stack

  init(_ module: Module, _ configuration: [String] = [], _ stack: Stack = Stack()) throws {
    (self.module, self.stack) = (module, stack)
    try super.init(in: nil)
    try makeDirectory(store)
    try configure(configuration)
    try write(databases, to: "unruled.conf")
    for service in ["sshd", "su", "login", "service1", "other"] { try write(service, stack) }
    var unruled = Stack()
    unruled.lines = stack.lines
    try write(Self.unruledService, unruled, configuration: "unruled.conf")
  }

  /// A service under which the module has databases, but no rules.
  static let unruledService = "unruled"

  override var environment: [String: String] {
    let libraries = module == .ancestor ? (try? Ancestor.get())?.libraries ?? "" : ""
    return super.environment.merging(libraries.isEmpty ? [:] : ["LD_LIBRARY_PATH": libraries]) {
      $1
    }
  }
}

extension Machine {
  private var databases: String {
    """
    db_home=\(path("store"))
    host_db=\(path("store/hosts.db"))
    user_db=\(path("store/users.db"))

    """
  }

  /// Lines in which `DIR` is this machine's directory.
  func configure(_ lines: [String]) throws {
    let text = lines.map { "\($0)\n" }.joined()
    let begin = stack.namesDatabases ? databases : ""
    try write(begin + text.replacing("DIR", with: directory), to: "pam_abl.conf")
  }

  /// Writes the lines of a PAM service.
  func write(
    _ service: String, _ stack: Stack, configuration: String = "pam_abl.conf"
  ) throws {
    var module = try self.module.file
    if stack.namesConfiguration { module += " config=DIR/\(configuration)" }
    // Attempts in flight lie in /run otherwise, which is the real machine's.
    if self.module == .ours { module += " run_home=DIR/run" }
    let lines = (stack.lines + ["account required pam_permit.so"]).map { line in
      line.replacing("ABL", with: "\(module) \(stack.words)")
        .replacing("CHECK", with: "\(Self.check) password=right log=DIR/judged")
        .replacing("DIR", with: directory) + "\n"
    }
    try write(lines.joined(), to: "pam.d/\(service)")
  }

  /// Writes nonsense over what was recorded.
  func damageStore() throws {
    let names = module == .ours ? ["data.mdb"] : ["hosts.db", "users.db"]
    let nonsense = String(repeating: "no database ", count: 999)
    for name in names { try write(nonsense, to: "store/\(name)") }
  }
}

extension Machine {
  /// Runs steps of pamdrive.
  func drive(_ steps: [String], _ login: Login, patience: Int = 120) throws -> Ended {
    var words = ["--confdir", path("pam.d"), "--no-delay", "--service", login.service]
    if let user = login.user { words += ["--user", user] }
    if let host = login.host { words += ["--rhost", host] }
    if let address = login.address {
      words += ["--ssh-connection", "\(address) 1000 192.0.2.1 22"]
    }
    let program = Self.support("pamdrive")
    let hidden = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", Self.hiding, "sh"]
    let all = (stack.needsNoInstalledConfiguration ? hidden : []) + [program] + words + steps
    return try run(all[0], Array(all.dropFirst()), patience: patience)
  }

  /// Runs its arguments where nothing is installed in /etc/security.
  private static let hiding = "mount -t tmpfs none /etc/security && exec \"$@\""

  /// Logs in once, or tries to.
  func verdict(on login: Login) throws -> Verdict {
    let before = try judged
    let outcome = try drive(["auth:\(login.password)", "end"], login)
    if outcome.status == 124 { return .hung }
    guard let code = outcome.codes(of: "auth").first else { throw Failure(outcome: outcome) }
    switch (code, try judged - before) {
    case (0, 1...): return .passed
    case (7, 1...): return login.password == "wrong" ? .wrong : .refused
    case (7, _): return .refused
    default: return .code(code)
    }
  }

  func purge() throws {
    let outcome =
      switch module {
      case .ours: try run(Self.ablctl, ["purge", "--config", completeConfiguration])
      case .ancestor: try run(try Ancestor.get().tool, ["-p", config])
      }
    guard outcome.status == 0 else { throw Failure(outcome: outcome) }
  }

  /// With the `run_home` that the line of the stack names for the module.
  private var completeConfiguration: String {
    get throws {
      try write("\(text("pam_abl.conf"))\nrun_home = \(path("run"))\n", to: "complete.conf")
      return path("complete.conf")
    }
  }

  private struct Failure: Error, CustomStringConvertible {
    let outcome: Ended

    var description: String { outcome.description }
  }
}

extension Ended {
  /// The codes of those calls of libpam, in their order.
  func codes(of step: String) -> [Int] {
    lines.filter { $0.hasPrefix(step + " ") }.compactMap { Int($0.split(separator: " ")[1]) }
  }
}
