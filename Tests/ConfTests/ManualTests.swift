import Foundation
import Harness
import Testing

/// README, docs and the manual, beside what they name.
struct ManualTests {
  @Test("every command, option, key, path, link and test that they name is there")
  func namesAreTrue() throws {
    let outcome = try Command(Repository.file("Tests/docs"), []).run()
    #expect(outcome.status == 0, "\(outcome)")
  }
}
