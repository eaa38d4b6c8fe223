import BlockList
import Dispatch
import NIOPosix
import Platform
import Policy
import Testing

@testable import LocalAPI

@Suite struct TurnstileTests {
  private static let bounds: Bounds = {
    var bounds = Bounds()
    (bounds.connections, bounds.connectionsOfOrdinary, bounds.requestsOfOrdinary) = (5, 2, 10)
    return bounds
  }()

  @Test("counts connections by user, and all of them") func connections() {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    let turnstile = Turnstile(Self.bounds, SharedGrants(grants))
    #expect((0..<3).map { _ in turnstile.enter(1000, at: 0) } == [true, true, false])
    turnstile.leave(1000, at: 0)
    #expect(turnstile.enter(1000, at: 0))
    #expect((0..<4).map { _ in turnstile.enter(33, at: 0) } == [true, true, true, false])
    #expect(!turnstile.enter(0, at: 0))
  }

  @Test("the thousands of users that one person can be have half of the connections together")
  func subordinate() {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    let turnstile = Turnstile(Bounds(), SharedGrants(grants))
    func entered(_ users: Range<UInt32>) -> Int {
      users.reduce(0) { sum, user in
        sum + (0..<40).count { _ in turnstile.enter(user, at: 0) }
      }
    }
    #expect(entered(100_000..<101_000) == 1024)
    // The last places are root's.
    #expect((0..<1280).count { _ in turnstile.enter(33, at: 0) } == 960)
    #expect((0..<65).count { _ in turnstile.enter(0, at: 0) } == 64)
    for _ in 0..<64 { turnstile.leave(0, at: 0) }
    // What they leave, others of them have again.
    for _ in 0..<32 { turnstile.leave(100_000, at: 0) }
    #expect(entered(200_000..<200_002) == 32)
  }

  @Test("an ordinary user meets a rate with connections, and all of them together with requests")
  func crowds() {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    grants.allowToLook(5)
    let turnstile = Turnstile(Bounds(), SharedGrants(grants))
    func came(_ user: UInt32, at time: Int64) -> Int {
      (0..<1000).count { _ in
        let isIn = turnstile.enter(user, at: time)
        if isIn { turnstile.leave(user, at: time) }
        return isIn
      }
    }
    #expect([1000, 5, 33, 0].map { came($0, at: 0) } == [40, 100, 1000, 1000])
    #expect([1000, 5, 33].map { came($0, at: 500) } == [10, 25, 1000])
    let asked = (0..<100).map { UInt32(200_000 + $0) }
    #expect(asked.allSatisfy { turnstile.enter($0, at: 1000) })
    let passed = asked.reduce(0) { sum, user in
      sum + (0..<20).count { _ in turnstile.pass(user, at: 1000) }
    }
    #expect(passed == 1000)
    #expect((0..<2000).allSatisfy { _ in turnstile.pass(33, at: 1000) })
  }

  @Test("an ordinary user has a rate; whom the administrator named has none") func rates() {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    let turnstile = Turnstile(Self.bounds, SharedGrants(grants))
    #expect(turnstile.enter(1000, at: 0) && turnstile.enter(33, at: 0))
    #expect((0..<100).count { _ in turnstile.pass(1000, at: 0) } == 20)
    #expect((0..<100).count { _ in turnstile.pass(1000, at: 500) } == 5)
    #expect((0..<1000).count { _ in turnstile.pass(33, at: 0) } == 1000)
    // A connection more brings no more.
    turnstile.leave(1000, at: 500)
    #expect(turnstile.enter(1000, at: 500) && !turnstile.pass(1000, at: 500))
  }
}

@Suite struct WorkersTests {
  @Test("where as many wait as may, a verdict is taken all the same") func owed() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let workers = Workers(threads: 1, most: 1, timers: group.next())
    let (stream, gate) = AsyncStream.makeStream(of: Void.self)
    let isFree = DispatchSemaphore(value: 0)
    async let first = workers.run(within: .seconds(120)) {
      gate.finish()
      isFree.wait()
      return 1
    }
    for await _ in stream {}
    await #expect(throws: Problem.self) { try await workers.run(within: .seconds(120)) { 2 } }
    async let owed = workers.run(within: .seconds(120), isOwed: true) { 3 }
    isFree.signal()
    #expect(try await [first, owed] == [1, 3])
    await workers.stop()
    try await group.shutdownGracefully()
  }
}

@Suite struct AttemptBookTests {
  @Test("ordinary users have half of the attempts together, as they have of the connections")
  func subordinate() async {
    var grants = Grants()
    grants.allow(33, toReportFor: "nginx")
    let book = AttemptBook(
      ConfigurationSource(Path("/dev/null")), Bounds(), SharedGrants(grants))
    let attempt = Attempt(user: "joe", host: nil, service: "nginx")
    func begun(_ users: Range<UInt32>, _ each: Int) async -> Int {
      var begun = 0
      for user in users {
        for _ in 0..<each where await book.begin(attempt, of: user) { begun += 1 }
      }
      return begun
    }
    #expect(await begun(100_000..<101_000, 9) == 1024)
    #expect(await begun(33..<34, 1100) == 1024)
    for _ in 0..<8 { await book.giveUp(attempt, of: 100_000) }
    #expect(await begun(0..<1, 9) == 8)
    for _ in 0..<8 { await book.giveUp(attempt, of: 0) }
    #expect(await begun(200_000..<200_002, 9) == 8)
  }

  @Test("an attempt counts for its owner until its verdict is where it belongs") func owed() async {
    let file = Path("/dev/null")
    let book = AttemptBook(ConfigurationSource(file), Bounds(), SharedGrants())
    let attempt = Attempt(user: "joe", host: nil, service: "nginx")
    let held = HeldAttempt(attempt, BlockList(Configuration()) { _, _ in }, nil)
    var numbers: [String] = []
    for _ in 0..<8 {
      #expect(await book.begin(attempt, of: 1000))
      numbers.append(await book.add(held, of: 1000, at: 0))
    }
    guard case .reserved(_, 1000) = await book.take(numbers[0], .failed) else {
      Issue.record("it isn't there")
      return
    }
    #expect(await !book.begin(attempt, of: 1000))
    await book.giveUp(attempt, of: 1000)
    #expect(await book.begin(attempt, of: 1000))
    // What lapses likewise; what has a verdict doesn't lapse.
    #expect(await book.lapsed(at: .max).map { $0.owner } == [UInt32](repeating: 1000, count: 7))
    #expect(await !book.begin(attempt, of: 1000))
  }
}
