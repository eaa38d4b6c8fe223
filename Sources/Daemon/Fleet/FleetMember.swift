internal import BlockList
internal import CLinux
internal import Courier
internal import Firewall
internal import Orders
internal import Platform
internal import Policy
internal import Sharing
internal import Text
internal import Upkeep

/// This machine's part in the fleet: what it tells by its courier, what it hears, and what it makes of
/// that by rules of its own.
final class FleetMember {
  /// Nil without fleet.conf: then lists are all the advice there is.
  let port: CourierPort?
  let node: FleetNode
  let orders: FleetOrders
  private(set) var lists: FleetLists
  private let store: FleetStore
  private let blockList: BlockList
  private let policy: FleetPolicy
  /// How many the configuration names.
  private let brokers: Int
  private let link: FleetLink
  let run: Path
  let tell: Telling

  private var sanctuary = Sanctuary()
  /// What the node was told that this machine blocks.
  private var machine: FleetLink.Machine?
  /// Nil before the first decision.
  private(set) var enforcement: Enforcement?
  private var pace = Decisions()
  private var counting = CountingPace()
  var published = FleetState()
  var publishDue: Int64 = 0
  /// Whether all is told that there is to tell, and no command waits for more.
  var isPublished = false
  /// How often orders had changed when it was told of them last; nil: a command may be waiting.
  var toldOrders: Int?
  private var regularDue: Int64 = 0
  private var sourcesDue: Int64 = 0
  private(set) var storeTrouble: Text = ""
  /// Since when a broker is reached; nil: none was yet.
  private var connectedSince: Int64?
  private var hasHeard = false

  /// What it can't begin for.
  struct Unable: Error {
    let message: String
  }

  /// - Parameters:
  ///   - configuration: nil where this machine shares with no other one.
  ///   - lists: those of `home`, which is `db_home`.
  ///   - run: where the courier's socket is.
  init(
    _ configuration: FleetConfiguration?, _ blockList: BlockList, _ lists: FleetLists, home: Path,
    run: Path, _ link: FleetLink, _ tell: @escaping Telling
  ) throws(Unable) {
    (self.blockList, self.link, self.run, self.tell) = (blockList, link, run, tell)
    self.lists = lists
    port = try configuration.map { (configuration) throws(Unable) in
      guard configuration.machine != nil else { throw Unable(message: "fleet_machine isn't set") }
      return try Self.port(in: run)
    }
    let configuration = configuration ?? FleetConfiguration()
    guard let origin = configuration.machine ?? Origin("-") else {
      throw Unable(message: "this machine has no name")
    }
    (policy, brokers) = (configuration.policy, configuration.brokers.count)
    // What is of another boot, or isn't there, is nothing to wait with.
    hasHeard = port == nil || !FleetFile.isInForce(in: home)
    store = FleetStore(in: home, most: configuration.policy.mostInAll)
    do throws(SystemError) {
      // A directory of root's own: what is written there is a signature, while it is checked.
      let scratch = run.appending("signatures")
      _ = try File.directory(creating: scratch)
      let operators = Operators(
        path: configuration.operators, scratch: String(decoding: scratch.bytes, as: UTF8.self))
      orders = try FleetOrders(in: home, lists.steadiness, operators, tell)
      let epoch = try FleetEpoch.next(in: home)
      node = FleetNode(
        origin, epoch: epoch, release: "abld " + Release.text, counting: policy.rule,
        exchange: port ?? NoExchange())
    } catch { throw Unable(message: String(decoding: error.message.bytes, as: UTF8.self)) }
    port?.onConnect = { [unowned self] in node.connected(at: Self.now) }
    node.onOrders = { [unowned self] origin, orders in self.orders.hear(orders, from: origin) }
    link.setCounting(policy.rule != nil)
  }

  private static func port(in run: Path) throws(Unable) -> CourierPort {
    let socket = run.appending("courier.sock")
    guard
      let port = CourierPort(
        path: String(decoding: socket.bytes, as: UTF8.self), users: CourierAccount.users)
    else {
      throw Unable(message: "cannot listen at '\(socket.text)': \(Tool.reason(clinux_errno()))")
    }
    return port
  }

  static var now: UInt32 { UInt32(clamping: Clock.now) }

  /// What is to be waited for, and whether for room to write.
  var descriptors: [(descriptor: CInt, isWriting: Bool)] { port?.descriptors ?? [] }

  /// Whether it shares with no other machine: then nothing is to be done but what a change asks for.
  private var isAlone: Bool { port == nil }

  /// In how many milliseconds it is due.
  func delay(at clock: Int64) -> Int64 {
    let counts = isCountingWanted ? counting.due : .max
    let telling = isPublished ? Int64.max : publishDue
    let due = min(regularDue, counts, decisionDue(clock), telling)
    let node = isAlone ? .max : Int64(clamping: node.delay(at: UInt64(clamping: clock)))
    return max(0, min(due - clock, node))
  }

  // MARK: - Work

  /// - Parameter finding: what has changed, as far as it was heard of.
  func work(at clock: Int64, _ finding: AdviceWatch.Finding) {
    port?.serve()
    takeMachine()
    if isCountingWanted, clock >= counting.due { count(clock) }
    if !isAlone {
      node.tick(at: Self.now, milliseconds: UInt64(clamping: clock), chance: Random.number)
    }
    if finding.contains(.file) { pace.isStale = true }
    if clock >= regularDue || finding.contains(.lists) { workRegularly(clock) }
    if clock >= decisionDue(clock) { decide(clock) }
    isPublished = false
    if clock >= publishDue { publish(clock) }
  }

  /// Each second, or alone, when lists or the sources known here want it.
  private func workRegularly(_ clock: Int64) {
    if clock >= sourcesDue {
      sourcesDue = clock + 600_000
      sanctuary.home = KnownSources.read(at: Clock.now)
      // What can't be read now is there in ten minutes.
      try? KnownSources.add(homesOf: blockList, to: &sanctuary.home, at: Clock.now)
      pace.isStale = true
    }
    orders.work(blockList, at: Self.now)
    node.carry(orders.carried(at: Self.now))
    node.applied(orders.applied(at: Self.now))
    noteConnection(clock)
    lists.refresh(at: Self.now, clock)
    if isAwaitingOthers { node.survey() }
    let rest = isAlone ? min(lists.delay(at: clock), sourcesDue - clock) : 1000
    regularDue = clock + rest
    if toldOrders != orders.changes { publishDue = clock }
  }

  /// Whether a person may wait for what becomes of an order that was given here just now.
  var isAwaitingOthers: Bool {
    let now = Self.now
    let fresh = orders.given(at: now).filter { Int64(now) - Int64($0.made) < 60 }
    return fresh.contains { order in
      node.map.copies.values.contains { !$0.appliedOrders.contains(order.number) }
    }
  }

  private func takeMachine() {
    guard let machine = link.machine, machine != self.machine else { return }
    if !isAlone { node.replace(with: machine.blocks, at: Self.now) }
    if machine.allowed != self.machine?.allowed || machine.own != self.machine?.own {
      sanctuary.allowed = PrefixSet(machine.allowed)
      sanctuary.own = PrefixSet(machine.own)
      pace.isStale = true
    }
    self.machine = machine
  }

  // MARK: - What is counted together

  private var isCountingWanted: Bool {
    policy.rule != nil && machine != nil && counting.isWanted(link.looks)
  }

  private func count(_ clock: Int64) {
    guard let window = policy.rule?.longestWindow else { return }
    let (looks, now) = (link.looks, Self.now)
    do throws(StoreError) {
      let time = Timestamp(seconds: Int64(now))
      node.count(try OwnFailures.read(blockList, window: window, at: time), at: now)
      counting.read(looks, begun: clock, ended: clinux_milliseconds())
    } catch {
      // It is tried again; the other thread tells why it can't be read.
      counting.read(nil, begun: clock, ended: clinux_milliseconds())
    }
  }

  // MARK: - What holds here

  /// A new abld leaves what the one before has decided until it has heard the others, or an order.
  private func noteConnection(_ clock: Int64) {
    guard !hasHeard else { return }
    // Behind the brokers stands CrowdSec, which knows nothing of other machines.
    let isConnected = (port?.brokers ?? []).prefix(max(brokers, 1)).contains {
      $0.state == .connected
    }
    guard isConnected else { return }
    let since = connectedSince ?? clock
    connectedSince = since
    // Brokers that lost all hear it again of couriers, which come back within half a minute.
    let copies = node.map.copies.values
    let isBehind = copies.isEmpty || copies.contains { $0.need != .nothing }
    if clock - since >= (isBehind ? 60_000 : 2000) { hasHeard = true }
  }

  /// When it decides, if nothing changes until then.
  private func decisionDue(_ clock: Int64) -> Int64 {
    guard machine != nil, hasHeard || orders.changes > 0 || lists.changes > 0 else { return .max }
    let now = Self.now
    if pace.isDue(node.changes, orders.changes + lists.changes, at: now) { return pace.due }
    return clock + 1000 * Int64(pace.rest(at: now))
  }

  private func decide(_ clock: Int64) {
    let begun = clinux_milliseconds()
    let now = Self.now
    let (lists, pardons) = (lists.holding(at: now), orders.pardons(at: now))
    let enforcement = policy.enforcement(
      of: node.map, counts: node.counts, lists: lists, sanctuary: sanctuary, pardons: pardons,
      at: now)
    self.enforcement = enforcement
    do throws(StoreError) {
      try store.hold(enforcement.blocks)
      noteStore("")
    } catch { noteStore(error.message) }
    link.advise(Self.candidates(enforcement))
    let end = (lists.map(\.until) + pardons.map(\.until)).min() ?? .max
    pace.decided(
      node.changes, orders.changes + self.lists.changes, begun,
      for: now..<max(now, isAlone ? end : UInt32(clamping: Int64(now) + Decisions.longest)))
  }

  /// As many as the kernel could have of them, for all ports: others don't say which was guessed at.
  private static func candidates(_ enforcement: Enforcement) -> [Candidate] {
    enforcement.forKernel(capacity: Settings.mostBlocks, local: 0).map { block in
      Candidate(
        Firewall.Prefix(block.prefix.address, length: block.prefix.length),
        ports: [Element.allPorts], until: Moment(seconds: Int64(block.until)), origin: .advice)
    }
  }

  private func noteStore(_ trouble: Text) {
    guard trouble != storeTrouble else { return }
    storeTrouble = trouble
    if trouble.isEmpty {
      tell(.notice, "what the fleet says can be written again")
    } else {
      tell(.error, "logins don't learn what the fleet says: " + trouble)
    }
  }

  /// Ends: other machines keep what this one told until its end.
  func end() { FleetState.remove(in: run) }
}

/// When what others say is decided about anew: soon, but not all the time.
private struct Decisions {
  var isStale = true
  private(set) var due: Int64 = 0
  private var last: (map: UInt64, others: Int)?
  /// Between which times, by the wall clock, the last decision holds: time changes what holds, too.
  private var span: Range<UInt32> = 0..<0

  /// For how many seconds one of what machines tell holds.
  static let longest: Int64 = 30

  func isDue(_ map: UInt64, _ others: Int, at now: UInt32) -> Bool {
    isStale || !span.contains(now) || last.map { $0 != (map, others) } ?? true
  }

  /// For how many seconds the last one holds still.
  func rest(at now: UInt32) -> UInt32 { span.contains(now) ? span.upperBound - now : 0 }

  mutating func decided(_ map: UInt64, _ others: Int, _ begun: Int64, for span: Range<UInt32>) {
    let now = clinux_milliseconds()
    (isStale, last, self.span) = (false, (map, others), span)
    due = now + max(50, 3 * (now - begun))
  }
}
