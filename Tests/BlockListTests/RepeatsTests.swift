import Foundation
import Policy
import Synchronization
import Testing

import class Harness.TemporaryDirectory

@testable import BlockList

/// Which wrong passwords were so before.
@Suite struct RepeatsTests {
  private let memory: TemporaryDirectory
  private let sample: Sample

  init() throws {
    memory = try TemporaryDirectory(in: URL(fileURLWithPath: "/dev/shm"))
    sample = try Sample(users: "*:10/1h")
    sample.configuration.alike = [.password]
    sample.configuration.runHome = Name(Array(memory.file("run").path.utf8))
  }

  private func repeats(
    _ answers: String?..., by attempt: Attempt = Attempt("alice", from: "192.0.2.7")
  ) throws -> Repeats {
    let repeats = try #require(sample.blockList.repeats(of: attempt))
    for answer in answers {
      guard let answer else {
        repeats.note(nil)
        continue
      }
      Array(answer.utf8).withUnsafeBufferPointer { repeats.note($0) }
    }
    return repeats
  }

  @Test("one is a repeat of another of the same answers once that has counted")
  func same() throws {
    let first = try repeats("old")
    #expect(!first.isRepeat())
    first.hasCounted()
    #expect(try repeats("old").isRepeat())
    for other in [["ol", "d"], ["old", ""], ["", "old"], ["Old"], ["old", "123456"]] {
      let one = try #require(sample.blockList.repeats(of: Attempt("alice", from: "192.0.2.7")))
      for answer in other { Array(answer.utf8).withUnsafeBufferPointer { one.note($0) } }
      #expect(!one.isRepeat(), "\(other)")
      one.hasCounted()
    }
    #expect(try !repeats("old", by: Attempt("alice", from: "192.0.2.8")).isRepeat())
    #expect(try !repeats("old", by: Attempt("bob", from: "192.0.2.7")).isRepeat())
    #expect(try repeats("old").isRepeat())
  }

  @Test("where an answer isn't known, or there is none, nothing is a repeat")
  func unknown() throws {
    for _ in 1...2 {
      for one in [try repeats(), try repeats("old", nil), try repeats(nil, "old")] {
        #expect(!one.isRepeat())
        one.hasCounted()
      }
    }
    #expect(try !repeats("old").isRepeat())
  }

  @Test("of one that was killed before it counted another takes the place, and counts")
  func killed() throws {
    #expect(try !repeats("old").isRepeat())
    let next = try repeats("old")
    #expect(!next.isRepeat())
    next.hasCounted()
    #expect(try repeats("old").isRepeat())
  }

  @Test("of many at once one is none")
  func crowd() throws {
    nonisolated(unsafe) let all = try (0..<64).map { _ in try repeats("old") }
    let news = Mutex(0)
    try inThreads(all.count) { number in
      guard !all[number].isRepeat() else { return }
      all[number].hasCounted()
      news.withLock { $0 += 1 }
    }
    #expect(news.withLock { $0 } == 1)
  }

  @Test("nothing is known where the key isn't set, or no user")
  func off() throws {
    #expect(
      sample.blockList.repeats(of: Attempt(user: nil, host: nil, service: "sshd")) == nil)
    sample.configuration.alike = []
    #expect(sample.blockList.repeats(of: Attempt("alice", from: "192.0.2.7")) == nil)
  }

  @Test(
    "what others could have put there is not believed", arguments: ["short", "writable", "link"])
  func untrusted(_ fault: String) throws {
    let first = try repeats("old")
    #expect(!first.isRepeat())
    first.hasCounted()
    let run = memory.file("run")
    let names = try FileManager.default.contentsOfDirectory(atPath: run.path)
    let file = run.appendingPathComponent(try #require(names.first { $0.hasPrefix("abl-") })).path
    switch fault {
    case "short": try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
    case "writable":
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: file)
    default:
      try FileManager.default.moveItem(atPath: file, toPath: file + ".other")
      try FileManager.default.createSymbolicLink(
        atPath: file, withDestinationPath: file + ".other")
    }
    // The memory that the system has for all is taken in its place.
    #expect(try !repeats("old").isRepeat())
    let name = URL(fileURLWithPath: file).lastPathComponent
    try FileManager.default.removeItem(atPath: "/dev/shm/" + name)
  }
}
