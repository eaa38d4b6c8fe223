import BlockList
import Courier
import Foundation
import Harness
import Orders
import Platform
import Policy
import Testing
import Upkeep

@testable import Daemon
@testable import Sharing

private let hasKeys = FileManager.default.isExecutableFile(atPath: "/usr/bin/ssh-keygen")

/// abld's side of orders: what others bring is carried out only if an operator has signed it.
@Suite("Orders that others bring", .enabled(if: hasKeys, "needs ssh-keygen"))
struct FleetOrdersTests {
  private let directory: TemporaryDirectory
  private let blockList: BlockList
  private let now = UInt32(time(nil))

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["db", "scratch"] { mkdir(directory.file(name).path, 0o700) }
    var configuration = Configuration()
    configuration.databaseHome = Name(Array(directory.file("db").path.utf8))
    configuration.runHome = configuration.databaseHome
    let words = Array("*:3/1h".utf8)
    configuration.hostRule = try Rule(parsing: words[...])
    blockList = BlockList(configuration)
    for name in ["anna", "mallory"] {
      let path = directory.file(name).path
      let words = ["-q", "-N", "", "-t", "ed25519", "-f", path]
      let outcome = try Command("/usr/bin/ssh-keygen", words).run()
      #expect(outcome.status == 0)
    }
    let key = try String(contentsOf: directory.file("anna.pub"), encoding: .utf8)
    let fields = key.split(separator: " ").prefix(2).joined(separator: " ")
    try "anna namespaces=\"abl-order\" \(fields)\n".write(
      to: directory.file("operators"), atomically: true, encoding: .utf8)
  }

  private func path(_ name: String) -> Path { Path(Array(directory.file(name).path.utf8)) }

  private func orders(in home: String = "db") throws -> FleetOrders {
    let operators = Operators(
      path: directory.file("operators").path, scratch: directory.file("scratch").path)
    return try FleetOrders(in: path(home), FleetClock(in: path("db")), operators) { _, _ in }
  }

  private func signed(
    by key: String = "anna", _ change: (inout Order) -> Void = { _ in }
  ) throws -> SignedOrder {
    let prefix = try #require(Prefix(parsing: "192.0.2.7"))
    var order = Order(
      id: Signer.newID, .unblock, .prefix(prefix), made: now - 1, until: now + 3600, by: "anna")
    change(&order)
    return try Signer.sign(order, with: directory.file(key).path)
  }

  private func fail() throws {
    let attempt = Attempt(
      user: Name(Array("root".utf8)), host: Host(Array("192.0.2.7".utf8)[...]),
      service: Name(Array("sshd".utf8)))
    for _ in 0..<3 {
      try blockList.fileFailure(of: attempt, at: Timestamp(seconds: Int64(now)))
    }
  }

  private func isBlocked() throws -> Bool {
    let attempt = Attempt(
      user: nil, host: Host(Array("192.0.2.7".utf8)[...]), service: Name(Array("sshd".utf8)))
    return try blockList.refusal(of: attempt, at: Timestamp(seconds: Int64(now))) != nil
  }

  @Test("nothing that no operator has signed is carried out, whoever brings it and how often")
  func forged() throws {
    let orders = try orders()
    let other = try #require(Origin("m2"))
    try fail()
    var altered = try signed { $0.action = .disallow }
    altered.text = try signed().text
    let stranger = try signed(by: "mallory")
    let ended = try signed { ($0.made, $0.until) = (now - 7200, now - 3600) }
    let early = try signed { ($0.made, $0.until) = (now + 4000, now + 8000) }
    let unknown = try signed(by: "mallory") { $0.by = "mallory" }
    let garbage = SignedOrder(text: Array("abl-order 1\n".utf8), signature: [1, 2, 3])
    let all = [altered, stranger, ended, early, unknown, garbage]
    for _ in 0..<20 {
      orders.hear(all.map(\.encoded) + [[], [0], [255, 255, 0]], from: other)
      orders.work(blockList, at: now)
    }
    #expect(try isBlocked())
    #expect(orders.applied(at: now) == [] && orders.pardons(at: now) == [])
    // Each was looked at once.
    #expect(orders.refusals == all.count)
  }

  @Test("a signed one is carried out once, also when it comes again after a restart")
  func once() throws {
    let other = try #require(Origin("m2"))
    let order = try signed()
    try fail()
    let first = try orders()
    first.hear([order.encoded], from: other)
    first.work(blockList, at: now)
    #expect(try !isBlocked())
    #expect(first.applied(at: now).count == 1 && first.pardons(at: now).count == 1)
    #expect(first.carried(at: now) == [], "others pass on what was given to them")
    try fail()
    first.hear([order.encoded], from: other)
    first.work(blockList, at: now)
    let second = try orders()
    second.hear([order.encoded], from: other)
    second.work(blockList, at: now)
    #expect(try isBlocked(), "what failed later counts")
    #expect(second.applied(at: now) == first.applied(at: now))
    // Behind its end it is gone.
    second.work(blockList, at: now + 3601)
    #expect(second.applied(at: now + 3601) == [] && second.pardons(at: now + 3601) == [])
  }

  @Test("one that has ended by a clock that is ahead isn't carried out again when that is right")
  func clockAhead() throws {
    let other = try #require(Origin("m2"))
    let order = try signed()
    var orders = try orders()
    for hour in 0..<30 as Range<UInt32> { orders.work(blockList, at: now - 108_000 + hour * 3600) }
    orders.hear([order.encoded], from: other)
    orders.work(blockList, at: now)
    #expect(orders.applied(at: now).count == 1)
    let changes = orders.changes
    orders.work(blockList, at: now + 9 * 86_400)
    #expect(orders.changes == changes + 1 && orders.pardons(at: now + 9 * 86_400) == [])
    try fail()
    for _ in 0..<2 {
      orders.work(blockList, at: now)
      orders.hear([order.encoded], from: other)
      orders.work(blockList, at: now)
      #expect(try isBlocked())
      #expect(orders.applied(at: now).count == 1 && orders.pardons(at: now).count == 1)
      orders = try self.orders()
    }
    let directory = directory.file("db/orders")
    let files = { try FileManager.default.contentsOfDirectory(atPath: directory.path) }
    for hour in 0..<27 as Range<UInt32> {
      #expect(try files().count == (hour < 26 ? 1 : 0), "\(hour)")
      orders.work(blockList, at: now + hour * 3600)
    }
  }

  @Test("a flood of one machine doesn't keep another one's order waiting")
  func flood() throws {
    let orders = try orders()
    let (hostile, other) = (try #require(Origin("m6")), try #require(Origin("m2")))
    let text = try signed().text
    let forged = (0..<1000).map { number in
      SignedOrder(text: text, signature: Array("forged \(number)".utf8)).encoded
    }
    try fail()
    orders.hear(forged, from: hostile)
    orders.hear([try signed().encoded], from: other)
    orders.work(blockList, at: now)
    #expect(try !isBlocked())
    #expect(orders.refusals <= 5)
  }

  @Test("an order for a network frees all hosts in it")
  func network() throws {
    let orders = try orders()
    let network = try #require(Prefix(parsing: "192.0.2.0/24"))
    try fail()
    let order = try signed { $0.subject = .prefix(network) }
    orders.hear([order.encoded], from: try #require(Origin("m2")))
    orders.work(blockList, at: now)
    #expect(try !isBlocked())
  }

  @Test("it begins where no login has made db_home yet")
  func first() throws {
    let early = try orders(in: "fresh")
    early.hear([try signed().encoded], from: try #require(Origin("m2")))
    early.work(blockList, at: now)
    #expect(try orders(in: "fresh").applied(at: now).count == 1)
  }

  @Test("what becomes of an order is told at once here, and soon when another machine has answered")
  func told() throws {
    let text = "fleet_machine = m1\nfleet_broker = 127.0.0.1:1\nfleet_operators = "
    let configuration = try FleetConfiguration(
      parsing: text + directory.file("operators").path, file: "fleet.conf")
    mkdir(directory.file("run").path, 0o700)
    let lists = FleetLists(in: path("db"), { _, _ in }, at: now, 0)
    let member = try FleetMember(
      configuration, blockList, lists, home: path("db"), run: path("run"), FleetLink()
    ) { _, _ in }
    let other = try #require(Origin("m2"))
    func answer(_ applied: [UInt64]) {
      var head = Head(
        Stamp(other, epoch: 1, sent: now), base: 0, versions: Array(repeating: 0, count: 16),
        tail: [])
      head.applied = applied
      member.port?.onMessage?(Topic(.head, other), Message.head(head).encoded)
    }
    func shown() throws -> FleetState.GivenOrder? {
      try #require(FleetState(in: path("run"))).orders.first
    }
    answer([])
    member.work(at: 1000, [])
    let signed = try signed()
    let order = try Order(parsing: signed.text)
    try Data(signed.encoded).write(to: directory.file("db/orders/new-\(order.id)"))
    // It tells of itself, and has time until 2400 then; but is told of the order before.
    member.work(at: 1900, [])
    #expect(try shown() == nil)
    member.work(at: 2000, [])
    let here = FleetState.GivenOrder(id: order.id, applied: 1, machines: 2, missing: ["m2"])
    #expect(try shown() == here)
    answer([order.number])
    let due = 2050 + member.delay(at: 2050)
    #expect(due <= 2500)
    member.work(at: due, [])
    #expect(try shown() == .init(id: order.id, applied: 2, machines: 2))
    member.end()
  }
}
