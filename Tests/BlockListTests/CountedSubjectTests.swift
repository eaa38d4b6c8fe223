import Policy
import Testing

@testable import BlockList
@testable import Upkeep

private let bob = Attempt("bob", from: "192.0.2.7")

@Suite("The subjects an attempt counts for")
struct CountedSubjectTests {
  @Test("counts the user alone where there is no host", arguments: [nil, "", "UNKNOWN"])
  func noHost(_ host: String?) throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:2/1h")
    let attempt = Attempt("bob", from: host, using: "su")
    for _ in 0..<2 { #expect(try sample.guess(attempt) == nil) }
    #expect(try sample.guess(attempt)?.subject == .user("bob"))
    #expect(
      try sample.blockList.subjects(after: nil, count: 9).map(\.key.subject) == [.user("bob")])
    #expect(try sample.record(of: .user("bob"))?.attempts.first?.counterpart == nil)
  }

  @Test("counts the host alone where the user is empty or not known yet", arguments: [nil, ""])
  func noUser(_ user: String?) throws {
    let sample = try Sample(hosts: "*:2/1h", users: "*:1/1h")
    let attempt = Attempt(user, from: "192.0.2.7")
    for _ in 0..<2 { #expect(try sample.guess(attempt) == nil) }
    #expect(try sample.guess(attempt)?.subject == .host("192.0.2.7"))
    let known = try sample.blockList.subjects(after: nil, count: 9).map(\.key.subject)
    #expect(known == [.host("192.0.2.7")])
  }

  @Test("admits an attempt that is nobody's, and touches nothing for it")
  func nobody() throws {
    let sample = try Sample(hosts: "*:1/1h", users: "*:1/1h")
    guard case .admitted(nil) = try sample.admit(Attempt(nil, from: nil)) else {
      Issue.record("not admitted, or written down")
      return
    }
    try sample.blockList.recordFailure(of: Attempt("", from: nil), at: start)
    #expect(sample.names == [])
  }

  @Test(
    "neither counts nor refuses who is on an allow list",
    arguments: [
      Allowance(counted: [.host("192.0.2.7"), .user("bob")]),
      Allowance(hosts: "192.0.2.0/24", counted: [.user("bob")]),
      Allowance(users: "root;bob", counted: [.host("192.0.2.7")]),
      Allowance(hosts: "bob", users: "192.0.2.7", counted: [.host("192.0.2.7"), .user("bob")]),
      Allowance(hosts: "192.0.2.7", users: "bob", counted: []),
    ])
  func allowLists(_ allowance: Allowance) throws {
    let sample = try Sample(hosts: "*:2/1h", users: "*:2/1h")
    // The list may be younger than the failures.
    for _ in 0..<2 { try sample.guess(bob) }
    var mistakes: [SyntaxError] = []
    sample.configuration.hostAllowList = AllowList(
      hosts: Array(allowance.hosts.utf8)[...], mistakes: &mistakes)
    sample.configuration.userAllowList = AllowList(users: Array(allowance.users.utf8)[...])
    #expect(try sample.guess(bob)?.subject == allowance.counted.first)
    for subject in bob.subjects where !allowance.counted.contains(subject) {
      #expect(try sample.count(of: subject) == 2)
      #expect(try sample.blockList.block(of: subject, using: nil, at: start) == nil)
    }
    try sample.blockList.recordFailure(of: bob, at: start)
    for subject in bob.subjects {
      #expect(try sample.count(of: subject) == (allowance.counted.contains(subject) ? 3 : 2))
    }
  }

  @Test("keeps long names apart, and cuts them")
  func longNames() throws {
    let sample = try Sample(users: "*:2/1h")
    let (long, other) = (
      Name(bounded: [UInt8](repeating: 0x61, count: 300)),
      Name(bounded: [UInt8](repeating: 0x61, count: 301))
    )
    #expect(long.bytes.count == 255 && other.bytes.count == 255 && long != other)
    let host = Host.name(Name(bounded: [UInt8](repeating: 0x62, count: 300)))
    let service = Name(bounded: [UInt8](repeating: 0x63, count: 300))
    let attempt = Attempt(user: long, host: host, service: service)
    for _ in 0..<2 { #expect(try sample.guess(attempt) == nil) }
    #expect(try sample.guess(attempt)?.subject == .user(long))
    #expect(try sample.guess(Attempt(user: other, host: host, service: service)) == nil)
    let recorded = try #require(try sample.record(of: .host(host))?.attempts.first)
    #expect(recorded.counterpart == .user(long))
    #expect(recorded.service == service)
  }

  @Test("counts nothing, and says so, if a name is longer than a key may be")
  func overlongName() throws {
    let sample = try Sample(users: "*:2/1h")
    let attempt = Attempt(
      user: Name([UInt8](repeating: 0x61, count: 600)), host: nil, service: "sshd")
    #expect(
      complaint { () throws(StoreError) in
        try sample.blockList.fileFailure(of: attempt, at: start)
      } != nil)
    #expect(try sample.guess(bob) == nil)
  }
}

/// Who is on an allow list, and whom that leaves to be counted.
struct Allowance: CustomTestStringConvertible {
  var hosts: String
  var users: String
  var counted: [Subject]

  init(hosts: String = "", users: String = "", counted: [Subject]) {
    (self.hosts, self.users, self.counted) = (hosts, users, counted)
  }

  var testDescription: String { "hosts '\(hosts)', users '\(users)'" }
}
