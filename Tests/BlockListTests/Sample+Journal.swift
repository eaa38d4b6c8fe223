import Foundation
import Policy

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

extension Sample {
  /// With a store and a journal, and nothing in it.
  static func withJournal(hosts: String = "*:10/1h") throws -> Sample {
    let sample = try Sample(hosts: hosts)
    try sample.guess(Attempt("eve", from: "::1"))
    try sample.fileAll()
    return sample
  }

  /// Tries, with a wrong password, as a login does: nobody looks at the store behind it.
  @discardableResult
  func fail(
    _ attempt: Attempt = bob, at seconds: Int64 = 0
  ) throws -> Reservation {
    let reservation = try begin(attempt, at: seconds)
    try blockList.settle(reservation, .failed, at: start.adding(seconds))
    return reservation
  }

  /// Files all, and a power cut undoes that slots were freed: which isn't synced.
  func fileAllAndCutPower() throws {
    let before = try Data(contentsOf: journal)
    try fileAll()
    try before.write(to: journal)
  }
}
