import Foundation
import Harness

/// An API, and beside it a program that is not root, with the built module in front of one that
/// judges passwords.
///
/// The right password is "right". The store is root's, so the program can't open it.
final class Rootless: Server, @unchecked Sendable {
  private let user: String
  /// For how many milliseconds the module waits for the API, where it is patient.
  var patience = 20_000

  /// Only root can be another user; and the module must be built.
  static let isThere = geteuid() == 0 && access(built("pam/pam_abl.so"), R_OK) == 0

  private static func built(_ name: String) -> String {
    Repository.build.appendingPathComponent(name).path
  }

  /// - Parameters:
  ///   - rules: of the configuration.
  ///   - user: as whom the program runs.
  ///   - words: of the API; see Tests/APIServe.
  ///   - line: what stands behind the module, besides its configuration.
  init(
    _ rules: String, as user: String = "www-data",
    _ words: [String] = ["report=www-data:t", "look-ms=20000"], line: String = "",
    check: String = ""
  ) throws {
    self.user = user
    try super.init(rules, words)
    // Any user reads the configuration; the store is root's.
    chmod(config, 0o644)
    let support = ["pam_testcheck.so", "testshim.so", "pamdrive", "threads"].map { "support/" + $0 }
    for name in ["pam/pam_abl.so"] + support {
      let copy = path(URL(fileURLWithPath: name).lastPathComponent)
      try FileManager.default.copyItem(atPath: Self.built(name), toPath: copy)
      chmod(copy, 0o755)
    }
    for file in ["syslog", "judged"] { try write("", to: file, mode: 0o666) }
    try makeDirectory("pam.d", mode: 0o755)
    let module = "\(path("pam_abl.so")) config=\(config) socket=\(socket) \(line)"
    try write(
      """
      auth required \(module)
      auth required \(path("pam_testcheck.so")) password=right log=\(path("judged")) \(check)
      account required \(module)
      account required pam_permit.so

      """, to: "pam.d/t", mode: 0o644)
    try write("auth required pam_deny.so\n", to: "pam.d/other", mode: 0o644)
  }

  /// Runs steps of pamdrive (Tests/Support/pamdrive.c).
  ///
  /// - Parameter isPatient: whether the module waits for the API for as long as a busy machine may
  ///   need.
  func drive(
    _ steps: String..., user name: String = "joe", host: String? = "192.0.2.7",
    options: [String] = [], isPatient: Bool = true
  ) throws -> Ended {
    var words = ["--user", name]
    if let host { words += ["--rhost", host] }
    return try run("pamdrive", stack + words + options + steps, isPatient: isPatient)
  }

  /// Likewise, as patiently, and doesn't wait for its end.
  func begin(_ steps: String...) throws -> Child {
    let words = command("pamdrive", stack + ["--user", "joe", "--rhost", "192.0.2.7"] + steps)
    return try Child(["/usr/bin/env", "ABL_TEST_PATIENCE=\(patience)"] + words)
  }

  func run(_ program: String, _ words: [String], isPatient: Bool = true) throws -> Ended {
    let variables = isPatient ? ["ABL_TEST_PATIENCE=\(patience)"] : []
    return try Command("/usr/bin/env", variables + command(program, words)).run()
  }

  private var stack: [String] { ["--confdir", path("pam.d"), "--service", "t", "--no-delay"] }

  /// For env(1): the program with the shim, as the other user.
  private func command(_ program: String, _ words: [String]) -> [String] {
    let shim = [
      "LD_PRELOAD=\(path("testshim.so"))", "ABL_TEST_SYSLOG=\(path("syslog"))",
      "ABL_TEST_CLOCK=\(path("clock"))", "ABL_TEST_SYNCS=\(path("syncs"))",
    ]
    let other = ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
    return shim + other + [path(program)] + words
  }

  /// Tries a password as often, each time in a process of its own, and gives the results of the
  /// stack.
  func attempts(
    _ count: Int = 1, _ password: String = "wrong", user name: String = "joe",
    host: String? = "192.0.2.7", isPatient: Bool = true
  ) throws -> [String] {
    try drive(
      "auth:\(password)", "end", user: name, host: host, options: ["--attempts", "\(count)"],
      isPatient: isPatient
    ).lines.filter { $0.hasPrefix("auth") }.map { String($0.split(separator: " ")[2]) }
  }

  /// How many passwords were judged, without those that were made up for a refused attempt.
  var judged: Int {
    get throws {
      try lines("judged").count { !$0.hasSuffix(" junk") }
    }
  }

  /// What the module has said: `<warning> not root, …`.
  var log: [String] {
    get throws {
      // In the middle of another module libpam puts the name of that in front of ours.
      try lines("syslog").compactMap { line in
        guard let level = line.split(separator: " ").first,
          let mark = line.firstRange(of: #/pam_abl(\(t:\w+\))?: /#)
        else { return nil }
        return "\(level) \(line[mark.upperBound...])"
      }
    }
  }

  /// Whether the API refuses a user of that name, or a host.
  func refuses(_ query: String) throws -> Bool {
    try ask("GET", "/v1/check?\(query)").status == 403
  }
}
