import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// What counts for where a login comes from: a host by its prefix, and its networks.
@Suite struct OriginTests {
  @Test("ten guesses from 64 addresses of one /64 are ten, one after the other")
  func prefix() throws {
    let sample = try Sample(hosts: "*:10/1h")
    var judged = 0
    for number in 0..<64 {
      let host = "2001:db8:1:2::" + String(number, radix: 16)
      if try sample.guess(Attempt("bob", from: host), at: Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 10)
    #expect(try sample.guess(Attempt("bob", from: "2001:db8:1:3::1"), at: 70) == nil)
    let kept = try sample.blockList.subjects(after: nil, count: 9).map(\.key.subject)
    #expect(kept.contains(.host(.network(try network("2001:db8:1:2::/64")))))
    let refusal = try sample.guess(Attempt("bob", from: "2001:db8:1:2::1"), at: 70)
    #expect(refusal?.message == "host '2001:db8:1:2::/64' is blocked by *:10/1h")
  }

  @Test("no more than the limit are in flight of one /64")
  func inFlight() throws {
    let sample = try Sample(hosts: "*:10/1h")
    var admitted = 0
    for number in 0..<64 {
      let host = "2001:db8:1:2::" + String(number, radix: 16)
      if case .admitted = try sample.admit(Attempt("bob", from: host)) { admitted += 1 }
    }
    #expect(admitted == 10)
  }

  @Test(
    "counts by itself what no customer has a prefix of, or what is to be",
    arguments: [
      ("fe80::1", "32:64"), ("fd00::1", "32:64"), ("2001:db8::1", "32:128"),
      ("192.0.2.7", "32:64"), ("::ffff:192.0.2.7", "32:64"),
    ])
  func single(_ host: String, _ prefix: String) throws {
    let sample = try Sample(hosts: "*:1/1h")
    if prefix == "32:128" { sample.configuration.hostPrefix = PrefixLengths(v4: 32, v6: 128) }
    try sample.guess(Attempt("bob", from: host))
    #expect(try sample.count(of: .host(host)) == 1)
  }

  @Test("a clause that names one address counts that address, and no other of its prefix")
  func named() throws {
    let sample = try Sample(hosts: "[2001:db8::5]:2/1h !2001:db8::5:100/1h")
    for time in 0..<2 as Range<Int64> {
      #expect(try sample.guess(Attempt("bob", from: "2001:db8::5"), at: time) == nil)
    }
    #expect(
      try sample.guess(Attempt("bob", from: "2001:db8::5"), at: 2)?.subject == .host("2001:db8::5"))
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::6"), at: 2) == nil)
  }

  @Test("an allow list means the address as it came")
  func allowed() throws {
    let sample = try Sample(hosts: "*:2/1h")
    var mistakes: [SyntaxError] = []
    sample.configuration.hostAllowList = AllowList(
      hosts: Array("2001:db8::5".utf8)[...], mistakes: &mistakes)
    for time in 0..<5 as Range<Int64> {
      #expect(try sample.guess(Attempt("bob", from: "2001:db8::5"), at: time) == nil)
    }
    for time in 0..<2 as Range<Int64> {
      #expect(try sample.guess(Attempt("bob", from: "2001:db8::6"), at: 5 + time) == nil)
    }
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::6"), at: 9) != nil)
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::5"), at: 9) == nil)
  }

  @Test("failures of single addresses count for their prefix, from the first look on")
  func superseded() throws {
    let sample = try Sample(hosts: "*:5/1h")
    sample.configuration.hostPrefix = PrefixLengths(v4: 32, v6: 128)
    for (time, last) in ["1", "1", "2", "3"].enumerated() {
      try sample.guess(Attempt("bob", from: "2001:db8::" + last), at: Int64(time))
    }
    try sample.fileAll(at: 5)
    sample.configuration.hostPrefix = PrefixLengths(v4: 32, v6: 64)
    try sample.guess(Attempt("bob", from: "2001:db8::9"), at: 6)
    try sample.fileAll(at: 7)
    let prefix = Subject.host(.network(try network("2001:db8::/64")))
    #expect(try sample.count(of: prefix) == 5)
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::a"), at: 8)?.subject == prefix)
    let kept = try sample.blockList.subjects(after: nil, count: 9).map(\.key.subject)
    #expect(kept == [prefix, .user("bob")])
  }

  @Test("`update` takes them over where no login comes; one that was blocked stays so")
  func update() throws {
    let sample = try Sample(hosts: "*:2/1h")
    sample.configuration.hostPrefix = PrefixLengths(v4: 32, v6: 128)
    for time in 0..<2 as Range<Int64> {
      try sample.guess(Attempt("bob", from: "2001:db8::1"), at: time)
    }
    try sample.fileAll(at: 3)
    sample.configuration.hostPrefix = PrefixLengths(v4: 32, v6: 64)
    #expect(try sample.guess(Attempt("bob", from: "2001:db8::1"), at: 4) != nil)
    try sample.blockList.update(at: start.adding(5))
    let prefix = Subject.host(.network(try network("2001:db8::/64")))
    #expect(try sample.blockList.blocked(at: start.adding(5)).map(\.subject) == [prefix])
  }

  @Test("a thousand hosts of one /24 have as many guesses as its rule gives them")
  func networks() throws {
    let sample = try Sample()
    sample.configuration.networkRule = try Rule(
      parsing: Array("/24|/48:50/1h".utf8)[...], for: .network)
    var judged = 0
    for number in 0..<1000 {
      let attempt = Attempt("user\(number)", from: "192.0.2.\(number % 250)")
      if try sample.guess(attempt, at: Int64(number)) == nil { judged += 1 }
    }
    #expect(judged == 50)
    #expect(try sample.guess(Attempt("bob", from: "192.0.3.1"), at: 1000) == nil)
    let refusal = try sample.guess(Attempt("bob", from: "192.0.2.1"), at: 1000)
    #expect(refusal?.message == "network '192.0.2.0/24' is blocked by /24|/48:50/1h")
    sample.configuration.hostAllowList = AllowList([.network(try network("192.0.2.9/32"))])
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.9"), at: 1000) == nil)
  }

  @Test("no more than the limit are in flight of one network, and each length has its own")
  func networksInFlight() throws {
    let sample = try Sample()
    sample.configuration.networkRule = try Rule(
      parsing: Array("/16:8/1h /24:5/1h ::/32:3/1h".utf8)[...], for: .network)
    func admitted(_ hosts: [String]) throws -> Int {
      try hosts.filter { host in
        if case .admitted = try sample.admit(Attempt("bob", from: host)) { return true }
        return false
      }.count
    }
    #expect(try admitted((0..<20).map { "192.0.2.\($0)" }) == 5)
    #expect(try admitted((0..<20).map { "192.0.3.\($0)" }) == 3)
    #expect(try admitted((0..<20).map { "2001:db8:\($0)::1" }) == 3)
  }

  private func network(_ text: String) throws -> Network {
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: Array(text.utf8)[...], mistakes: &mistakes)
    guard case .network(let network)? = list.entries.first else { throw NoNetwork() }
    return network
  }

  private struct NoNetwork: Error {}
}
