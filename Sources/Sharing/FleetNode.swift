/// A machine's part in the fleet: its log, its map of the others, and the exchange, joined.
///
/// What drives it calls `tick` whenever `delay` says so, and hands over what it blocks itself. It
/// neither waits nor reads a clock.
public final class FleetNode {
  public private(set) var log: OriginLog
  public private(set) var map: FleetMap
  private let exchange: any Exchange
  private var pace = Pace()
  private var nextTick: UInt64 = 0
  /// Before that no other epoch is begun: each has all told anew, and a broker may forge many.
  private var nextOutrun: UInt64 = 0
  private var orderSequence: UInt64 = 0
  private var now: UInt32 = 0
  private var carried: [[UInt8]] = []
  /// Is called with orders that another machine passes on. Nothing about them was verified.
  public var onOrders: ((Origin, [[UInt8]]) -> Void)?
  /// Counts changes of the map: when it is the same, so is what is enforced of it.
  public private(set) var changes: UInt64 = 0
  /// What all have counted; nil where failures aren't counted together: then nothing of it is told, and
  /// nothing heard.
  public private(set) var counts: FleetCounts?
  private var countLog: CountLog
  private var isOtherBack = false

  /// - Parameters:
  ///   - epoch: of `OriginLog.epoch(after:nanoseconds:)`, and stored before it is used.
  ///   - rule: what failures on all machines together are counted for.
  public init(
    _ origin: Origin, epoch: UInt64, release: String, counting rule: FleetRule? = nil,
    exchange: any Exchange
  ) {
    counts = rule.map { FleetCounts(own: origin, window: $0.longestWindow) }
    countLog = CountLog(window: rule?.longestWindow ?? 0)
    log = OriginLog(origin, epoch: epoch)
    log.release = Array(release.utf8.prefix(Head.longestRelease))
    map = FleetMap(own: origin)
    self.exchange = exchange
    exchange.onMessage = { [unowned self] topic, message in receive(message, under: topic) }
    exchange.connect(as: origin)
  }
}

extension FleetNode {
  /// Something is blocked here, on this machine's own evidence.
  public func block(_ record: Record) { log.block(record) }

  /// It isn't any more.
  public func withdraw(_ prefix: Prefix, at now: UInt32) { log.withdraw(prefix, at: now) }

  /// All that is blocked here on this machine's own evidence: for the beginning, and whenever changes
  /// may have been missed.
  public func replace(with records: [Record], at now: UInt32) {
    log.replace(with: records, at: now)
  }

  /// How often sources have failed here of late: all of them, those that failed last if there are too
  /// many.
  public func count(_ own: [Prefix: BucketCounts], at now: UInt32) {
    guard counts != nil else { return }
    var told = own
    if own.count > FleetCounts.mostSources {
      let latest = own.sorted { $0.value.isLater(than: $1.value) }.prefix(FleetCounts.mostSources)
      told = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
    }
    countLog.replace(with: told, at: now)
    guard counts?.ownCounts != own else { return }
    counts?.ownCounts = own
    changes += 1
  }

  /// Orders that were given on this machine, and hold: to be passed on.
  public func carry(_ orders: [[UInt8]]) {
    guard orders != carried else { return }
    carried = orders
    putOrders()
  }

  /// The orders that were carried out here, for those that wait for it: told at once.
  public func applied(_ numbers: [UInt64]) {
    guard numbers != log.applied else { return }
    log.applied = numbers
    publish(log.flush(at: now))
  }

  /// Looks at all heads: which orders others have carried out stands there only.
  public func survey() { exchange.fetch(.allHeads) }

  /// The exchange is there, or there again, or has another broker: tells all, and asks for all.
  public func connected(at now: UInt32) {
    self.now = now
    publish(log.everything(at: now))
    if !carried.isEmpty { putOrders() }
    map.surveySoon()
    exchange.fetch(.allOrders)
    if counts != nil {
      exchange.fetch(.allCounts)
      countLog.tellAll()
    }
    for fetch in map.repair(at: now, chance: 0) { exchange.fetch(fetch) }
  }

  /// Drops what is known of a machine that is gone.
  public func forget(_ origin: Origin) {
    map.forget(origin)
    counts?.forget(origin)
    changes += 1
  }

  private func receive(_ message: [UInt8], under topic: Topic) {
    if topic.kind == .order, topic.origin != map.own,
      case .orders(let document) = try? Message(decoding: message, under: topic)
    {
      onOrders?(topic.origin, document.orders)
      return
    }
    if topic.kind == .count {
      if counts?.receive(message, under: topic, at: now) == true { changes += 1 }
      return
    }
    if counts != nil, topic.kind == .live, topic.origin != map.own {
      isOtherBack = isOtherBack || Self.tellsOfNothing(message, under: topic)
    }
    if let fetch = map.receive(message, under: topic, at: now) { exchange.fetch(fetch) }
    changes += 1
  }

  /// What a machine announces that is back: it hasn't heard what was counted meanwhile.
  private static func tellsOfNothing(_ message: [UInt8], under topic: Topic) -> Bool {
    guard message.count <= Message.longestHeader,
      case .live(let live) = try? Message(decoding: message, under: topic)
    else { return false }
    return live.records.isEmpty
  }

  private func publish(_ publication: Publication) {
    for (topic, message) in publication.kept { exchange.put(message, under: topic) }
    exchange.put(publication.head, under: Topic(.head, log.origin))
    if let announcement = publication.announcement { exchange.announce(announcement) }
  }

  private func putOrders() {
    orderSequence += 1
    let stamp = Stamp(log.origin, epoch: log.epoch, sent: now)
    let document = OrderDocument(stamp, sequence: orderSequence, carried)
    let message = Message.orders(document).encoded
    guard message.count <= Message.longest else { return }
    exchange.put(message, under: Topic(.order, log.origin))
  }
}

extension FleetNode {
  /// In how many milliseconds `tick` is due.
  ///
  /// - Parameter milliseconds: of a clock that never steps.
  public func delay(at milliseconds: UInt64) -> UInt64 {
    let rest = nextTick > milliseconds ? nextTick - milliseconds : 0
    let counting = counts == nil ? nil : countLog.delay(at: milliseconds)
    return min(rest, counting ?? rest, pace.delay(at: milliseconds, isWaiting: log.isWaiting))
  }

  /// Tells what is to be told, and asks for what is missing.
  ///
  /// - Parameter chance: any number, another one on each machine.
  public func tick(at now: UInt32, milliseconds: UInt64, chance: UInt64) {
    self.now = now
    if map.ownEpoch > log.epoch, milliseconds >= nextOutrun, log.outrun(map.ownEpoch) {
      nextOutrun = milliseconds + 60_000
      publish(log.everything(at: now))
    }
    if pace.delay(at: milliseconds, isWaiting: log.isWaiting) == 0 {
      publish(log.flush(at: now))
      pace.told(at: milliseconds)
    }
    tellCounts(milliseconds: milliseconds, chance: chance)
    guard milliseconds >= nextTick else { return }
    nextTick = milliseconds + 1000
    for fetch in map.repair(at: now, chance: chance) { exchange.fetch(fetch) }
    if chance % 64 == 0 {
      log.forgetEnded(at: now)
      map.forgetEnded(at: now)
      counts?.forgetEnded(at: now)
    }
  }

  private func tellCounts(milliseconds: UInt64, chance: UInt64) {
    guard let counts else { return }
    if isOtherBack {
      // A few machines tell it at once, two hundred take turns.
      let span = UInt64(1000 * (1 + counts.machines / 4))
      countLog.tellAllSoon(at: milliseconds, delay: chance % span)
      isOtherBack = false
    }
    let stamp = Stamp(log.origin, epoch: log.epoch, sent: now)
    let next = countLog.next(stamp, at: now, clock: milliseconds, chance: chance)
    if let next { exchange.announce(Message.counts(next).encoded, as: .count) }
  }
}

extension BucketCounts {
  fileprivate func isLater(than other: BucketCounts) -> Bool {
    (buckets.last?.number ?? 0) > (other.buckets.last?.number ?? 0)
  }
}
