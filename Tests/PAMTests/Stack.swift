import Foundation
import Harness

/// A PAM stack with the built module in front of a small one that judges passwords, and all of
/// their files.
final class Stack: LoginMachine, @unchecked Sendable {
  static let rules = "host_rule=*:10/1h,30/1d\nuser_rule=!root:10/1h,30/1d\n"

  /// - Parameters:
  ///   - rules: of the configuration; where the store is, is added.
  ///   - words: behind the module, besides the configuration.
  ///   - check: behind the module that judges passwords.
  init(_ rules: String = Stack.rules, words: String = "", check: String = "") throws {
    try super.init(in: nil)
    try configure(rules)
    try services(
      "auth requisite \(Stack.module) config=\(config) \(words)",
      "auth required \(Stack.check) password=right log=\(path("judged")) \(check)",
      "account required pam_permit.so")
  }

  /// Failures on record of all hosts, or of all users.
  func failures(of kind: String) throws -> Int {
    let listed = try JSONLines.decode(ListedSubject.self, from: ablctl("list", "--json").output)
    return listed.filter { $0.kind == kind }.reduce(0) { $0 + $1.failures }
  }

  /// How many syncs there were since the last time this was asked.
  func takeSyncs() throws -> Int {
    defer { try? write("", to: "syncs") }
    return try lines("syncs").count
  }
}
