import Foundation
import Harness

/// A PAM stack with the built module in front of a small one that judges passwords, and all of
/// their files.
///
/// The real libpam runs it, in a process of its own for each call, by Tests/Support/pamdrive.c.
/// The right password is "right". Nothing needs root: the store belongs to whoever runs the tests.
struct Stack {
  let directory: TemporaryDirectory

  static let rules = "host_rule=*:10/1h,30/1d\nuser_rule=!root:10/1h,30/1d\n"

  /// - Parameters:
  ///   - rules: of the configuration; where the store is, is added.
  ///   - words: behind the module, besides the configuration.
  ///   - check: behind the module that judges passwords.
  init(_ rules: String = Stack.rules, words: String = "", check: String = "") throws {
    directory = try TemporaryDirectory()
    try configure(rules)
    try services(
      "auth requisite \(Stack.module) config=\(path("pam_abl.conf")) \(words)",
      "auth required \(Stack.check) password=right log=\(path("judged")) \(check)",
      "account required pam_permit.so")
    for file in ["syslog", "syncs", "judged"] { try write("", to: file) }
    try setClock(0)
  }

  static let module = Repository.build.appendingPathComponent("pam/pam_abl.so").path
  static let check = support("pam_testcheck.so")

  static func support(_ name: String) -> String {
    Repository.build.appendingPathComponent("support/\(name)").path
  }

  func path(_ name: String) -> String { directory.file(name).path }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: directory.file(name))
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: directory.file(name)), as: UTF8.self)
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}

extension Stack {
  func configure(_ rules: String) throws {
    let places = "db_home=\(path("store"))\nrun_home=\(path("run"))\n"
    try write(places + rules, to: "pam_abl.conf")
  }

  /// The lines of the service "t".
  func services(_ lines: String...) throws { try services(lines) }

  func services(_ lines: [String]) throws {
    try? FileManager.default.createDirectory(
      at: directory.file("pam.d"), withIntermediateDirectories: false)
    try write(lines.joined(separator: "\n") + "\n", to: "pam.d/t")
    try write("auth required pam_deny.so\n", to: "pam.d/other")
  }

  /// Seconds by which the clock is ahead, for every process of the stack.
  func setClock(_ seconds: Int) throws { try write("\(seconds)", to: "clock") }

  private var environment: [String: String] {
    [
      "LD_PRELOAD": Stack.support("testshim.so"), "ABL_TEST_CLOCK": path("clock"),
      "ABL_TEST_SYSLOG": path("syslog"), "ABL_TEST_SYNCS": path("syncs"),
    ]
  }
}

extension Stack {
  /// Runs steps of pamdrive as `user` from `host`.
  func drive(
    _ steps: String..., user: String? = "bob", host: String? = "192.0.2.7",
    options: [String] = ["--no-delay"], under tool: [String] = []
  ) throws -> Outcome {
    var words = tool + [Stack.support("pamdrive"), "--confdir", path("pam.d"), "--service", "t"]
    if let user { words += ["--user", user] }
    if let host { words += ["--rhost", host] }
    words += options + steps
    return try Command(words[0], Array(words.dropFirst()), environment: environment).run()
  }

  /// A line of a shell that runs steps of pamdrive as bob from 192.0.2.7.
  func command(_ steps: String...) -> String {
    let words = [
      "--confdir", path("pam.d"), "--service", "t", "--user", "bob", "--rhost", "192.0.2.7",
    ]
    return ([Stack.support("pamdrive")] + words + steps).joined(separator: " ")
  }

  /// Runs a program with the clock, the log and the count of syncs of this stack.
  func run(_ program: String, _ words: [String], patience: Int = 600) throws -> Outcome {
    try Command(program, words, environment: environment, patience: patience).run()
  }

  /// Tries `count` passwords one after the other, each in a process of its own, and gives the codes
  /// of the stack.
  func attempts(
    _ count: Int = 1, _ password: String = "wrong", user: String = "bob",
    host: String? = "192.0.2.7"
  ) throws -> [String] {
    let options = ["--no-delay", "--attempts", "\(count)"]
    let outcome = try drive("auth:\(password)", "end", user: user, host: host, options: options)
    return outcome.lines.filter { $0.hasPrefix("auth") }.map { $0.split(separator: " ")[1] }
      .map(String.init)
  }

  func ablctl(_ words: String...) throws -> Outcome {
    let program = Repository.build.appendingPathComponent("release/ablctl").path
    return try Command(
      program, [words[0], "--config", path("pam_abl.conf")] + words.dropFirst(),
      environment: environment
    ).run()
  }

  /// Failures on record of all hosts, or of all users.
  func failures(of kind: String) throws -> Int {
    let listed = try JSONLines.decode(
      ListedSubject.self, from: ablctl("list", "--json").standardOutput)
    return listed.filter { $0.kind == kind }.reduce(0) { $0 + $1.failures }
  }

  /// How many passwords have been looked at, without those that were made up for a refused one.
  var judged: Int { get throws { try lines("judged").filter { !$0.hasSuffix(" junk") }.count } }

  /// How many syncs there were since the last time this was asked.
  func takeSyncs() throws -> Int {
    defer { try? write("", to: "syncs") }
    return try lines("syncs").count
  }

  /// What our module has said, without what libpam puts in front, and what is news.
  var log: [String] {
    get throws {
      let said = try lines("syslog").compactMap { line in
        line.range(of: "): ").map { String(line[$0.upperBound...]) }
          ?? line.range(of: "PAM ").map { String(line[$0.upperBound...]) }
      }
      return said.filter { !LogNews.isNews($0) }
    }
  }

  private func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }
}
