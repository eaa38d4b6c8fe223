import Foundation
import Platform
import Testing

import class Harness.TemporaryDirectory

/// Who isn't a user of this machine, by its own files.
@Suite struct LocalUsersTests {
  private static let users = "root:x:0:0::/:/bin/sh\nbob:x:1:1::/b:/bin/sh"

  private static func lacks(_ name: String, _ sources: String?, _ users: String?) throws -> Bool {
    let directory = try TemporaryDirectory()
    if let sources {
      try Data(sources.utf8).write(to: directory.file("nsswitch.conf"))
    }
    if let users { try Data(users.utf8).write(to: directory.file("passwd")) }
    return LocalUsers.lack(Array(name.utf8), in: Path(Array(directory.url.path.utf8)))
  }

  @Test(
    "there is none whom the file doesn't name as a whole",
    arguments: [
      ("root", false), ("bob", false), ("bo", true), ("bobb", true), ("eve", true), ("x", true),
      ("", true), ("root:x", false), ("\n", true), ("BOB", true),
    ])
  func names(_ name: String, _ isLacking: Bool) throws {
    #expect(try Self.lacks(name, "group: files\npasswd:\t files\n", Self.users) == isLacking)
  }

  @Test(
    "who may stand elsewhere isn't said to be none",
    arguments: [
      "passwd: files sss\n", "passwd: sss files", "passwd: files ldap", "passwd: files [!x] nis",
      "passwd: compat\n", "passwd:\n", "group: files\n", "", "passwd: file",
    ] as [String?] + [nil])
  func elsewhere(_ sources: String?) throws {
    #expect(try !Self.lacks("eve", sources, Self.users))
  }

  @Test("without the file of users, or with one of more than a MiB, nothing is said")
  func size() throws {
    #expect(try !Self.lacks("eve", "passwd: files", nil))
    let filler = String(repeating: "a:x:1:1::/:/bin/sh\n", count: 1 << 20 / 19)
    #expect(try Self.lacks("eve", "passwd: files", filler))
    #expect(try !Self.lacks("eve", "passwd: files", filler + filler))
  }

  @Test("the file with the most lines that is read is read to its end")
  func lines() throws {
    let filler = String(repeating: "a:x\n", count: 1 << 18)
    #expect(try Self.lacks("eve", "passwd: files", filler))
    let last = String(repeating: "a:x\n", count: 1 << 18 - 2) + "eve:x\n"
    #expect(try !Self.lacks("eve", "passwd: files", last))
  }
}
