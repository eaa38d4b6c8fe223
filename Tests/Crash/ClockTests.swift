import Testing

/// A clock that steps, as the built module sees it.
@Suite("A clock that steps", .serialized)
struct ClockTests {
  private static let hour = 3600
  private static let year = 365 * 86400

  /// A host that is blocked for an hour.
  private static func blocked() throws -> Machine {
    let machine = try Machine("host_rule=*:3/1h", "host_purge=2d")
    for _ in 0..<3 {
      #expect(try machine.login("wrong", user: "bob", host: "192.0.2.7") == "7")
    }
    #expect(try machine.isBlocked(at: 0))
    return machine
  }

  @Test("back by a year, and right again: blocked for an hour by either, and for no longer")
  func back() throws {
    let machine = try Self.blocked()
    #expect(try machine.isBlocked(at: -Self.year))
    #expect(try machine.isBlocked(at: -Self.year + Self.hour - 60))
    #expect(try !machine.isBlocked(at: -Self.year + Self.hour + 60))
    #expect(try machine.isBlocked(at: Self.hour - 60))
    #expect(try !machine.isBlocked(at: Self.hour + 60))
    #expect(try machine.log.allSatisfy { $0.hasPrefix("refusing user '") })
  }

  @Test("ahead by a year for a while, and right again: no block is lost, though others fail then")
  func ahead() throws {
    let machine = try Self.blocked()
    #expect(try !machine.isBlocked(at: Self.year))
    for number in 0..<20 {
      try machine.setClock(Self.year + 60 * number)
      _ = try machine.login("wrong", user: "eve", host: "192.0.2.\(100 + number)")
    }
    #expect(try machine.ablctl("purge").output.hasPrefix("removed 0 "))
    #expect(try machine.isBlocked(at: 60))
    #expect(try !machine.isBlocked(at: Self.hour + 60))
    // Of then, and ahead now: they don't count for longer than if they were made now.
    try machine.setClock(120)
    #expect(try machine.login("right", user: "eve", host: "192.0.2.100") == "0")
  }
}

extension Machine {
  fileprivate func isBlocked(at seconds: Int) throws -> Bool {
    try setClock(seconds)
    return try login("right", user: "bob", host: "192.0.2.7") == "7"
  }
}
