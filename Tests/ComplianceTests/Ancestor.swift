import Foundation
import Harness
import Testing

/// Debian's libpam-abl, from its package: unpacked, never installed.
struct Ancestor: Sendable {
  /// The old pam_abl.so.
  let module: String
  /// The old `pam_abl`.
  let tool: String
  /// Where its Berkeley DB is; empty if the system has it.
  let libraries: String

  static let isAvailable = (try? fetched.get()) != nil

  /// Why it can't be had, for who reads that the suite was skipped.
  static let complaint: Comment = {
    guard case .failure(let failure) = fetched else { return "" }
    return "\(failure.message)"
  }()

  static func get() throws -> Ancestor { try fetched.get() }

  /// A file of the package.
  static func file(_ path: String) -> String { Repository.file(".build/ancestor/\(path)") }

  private static let fetched = Result<Ancestor, Failure> { () throws(Failure) in try fetch() }

  private static func fetch() throws(Failure) -> Ancestor {
    guard let outcome = try? Command(Repository.file("Tests/Support/ancestor")).run() else {
      throw Failure(message: "Tests/Support/ancestor can't be run")
    }
    let values = outcome.lines.map { line in line.drop { $0 != "=" }.dropFirst() }.map(String.init)
    guard outcome.status == 0, values.count == 3 else {
      throw Failure(message: outcome.error.trimmingCharacters(in: .newlines))
    }
    return Ancestor(module: values[0], tool: values[1], libraries: values[2])
  }

  private struct Failure: Error {
    let message: String
  }
}

/// Whose pam_abl.so.
enum Module: CaseIterable, CustomTestStringConvertible, Sendable {
  case ours, ancestor

  var testDescription: String { self == .ours ? "ours" : "0.6.0" }

  /// The file that libpam loads.
  var file: String {
    get throws {
      switch self {
      case .ours: Repository.build.appendingPathComponent("pam/pam_abl.so").path
      case .ancestor: try Ancestor.get().module
      }
    }
  }
}
