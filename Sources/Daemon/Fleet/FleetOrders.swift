internal import BlockList
internal import Orders
internal import Platform
internal import Policy
internal import Sharing
internal import Text
internal import Upkeep

/// The orders of people for all machines: those that were given here, and those that others pass on.
///
/// Each is carried out once its signature was verified, here, and for the first time: a file of the
/// directory says that it was. Only root of this machine may write there.
final class FleetOrders {
  private let directory: Path
  private let clock: FleetClock
  private let operators: Operators
  private let tell: Telling
  private var book = OrderBook()
  /// Given on this machine: to be passed on.
  private var own: Set<String> = []
  private var carriedOut: Set<UInt64> = []
  /// How many had ended when that was looked at last.
  private var ended = 0
  /// Counts what changes the pardons.
  private(set) var changes = 0

  private var waiting = WaitingOrders()
  /// What was refused, so as not to be verified again.
  private var refused: Set<Int> = []
  private(set) var refusals = 0
  private var complaints = 0

  /// Refused ones that are known; lines of the log in a minute.
  private static let (mostRefused, mostComplaints) = (20_000, 10)

  init(
    in home: Path, _ clock: FleetClock, _ operators: Operators, _ tell: @escaping Telling
  ) throws(SystemError) {
    directory = home.appending(Self.name)
    (self.clock, self.operators, self.tell) = (clock, operators, tell)
    // No login may have come yet.
    _ = try File.directory(creating: home)
    let place = try File.directory(creating: directory)
    try load(.own, place)
    try load(.heard, place)
  }

  /// Of the directory, in `db_home`.
  static var name: Path { "orders" }

  /// What the name of a file begins with, in front of the id of its order.
  enum Kind: String {
    /// Given by `ablctl`, and not looked at yet.
    case given = "new-"
    case own = "own-"
    case heard = "heard-"
    /// A version before this one verified it, and didn't know how to carry it out.
    case idle = "idle-"
  }

  private func load(_ kind: Kind, _ place: borrowing File) throws(SystemError) {
    for name in try place.names(beginningWith: Array(kind.rawValue.utf8)) {
      guard let signed = try? SignedOrder(decoding: File(name, in: place, .read).read(1 << 14)),
        let order = try? Order(parsing: signed.text),
        (try? book.add(order, signed, at: 0)) != nil
      else { continue }
      if kind == .own { own.insert(order.id) }
      carriedOut.insert(order.number)
    }
  }
}

// MARK: - What the fleet's node asks

extension FleetOrders {
  /// What is to be passed on.
  func carried(at now: UInt32) -> [[UInt8]] {
    book.envelopes(at: now).filter { envelope in
      (try? Order(parsing: envelope.text)).map { own.contains($0.id) } ?? false
    }.map(\.encoded)
  }

  /// Which orders were carried out here.
  func applied(at now: UInt32) -> [UInt64] {
    book.orders(at: now).map(\.number).filter { carriedOut.contains($0) }
  }

  func pardons(at now: UInt32) -> [Pardon] { book.pardons(at: now) }

  /// Those that were given here and hold, for people.
  func given(at now: UInt32) -> [Order] {
    book.orders(at: now).filter { own.contains($0.id) }
  }

  /// Takes what another machine passes on; nothing of it was verified.
  func hear(_ orders: [[UInt8]], from origin: Origin) {
    for bytes in orders {
      guard let signed = try? SignedOrder(decoding: bytes), !book.contains(signed),
        !refused.contains(signed.hashValue)
      else { continue }
      waiting.add(signed, from: origin)
    }
  }
}

// MARK: - Work

extension FleetOrders {
  /// Looks at what was given here, and at a few of what others pass on: each runs ssh-keygen, so this
  /// is to be called once a second.
  func work(_ blockList: BlockList, at now: UInt32) {
    complaints = now % 60 == 0 ? 0 : complaints
    forgetEnded(at: now)
    takeGiven(blockList, at: now)
    for _ in 0..<5 {
      guard let (origin, signed) = waiting.next() else { return }
      guard !book.contains(signed) else { continue }
      take(signed, .heard, from: origin.text, blockList, at: now)
    }
  }

  private func takeGiven(_ blockList: BlockList, at now: UInt32) {
    guard let place = try? File(directory, .directory),
      let names = try? place.names(beginningWith: Array(Kind.given.rawValue.utf8))
    else { return }
    for name in names.prefix(100) {
      let bytes = (try? File(name, in: place, .read).read(1 << 14)) ?? []
      do throws(OrderRefusal) {
        take(try SignedOrder(decoding: bytes), .own, from: "ablctl", blockList, at: now)
      } catch { complain(error, "ablctl") }
      try? place.remove(name)
    }
  }

  private func take(
    _ signed: SignedOrder, _ kind: Kind, from bearer: String, _ blockList: BlockList, at now: UInt32
  ) {
    do throws(OrderRefusal) {
      let order = try operators.verified(signed, at: now)
      guard try book.add(order, signed, at: now) == .new else { return }
      changes += 1
      if kind == .own { own.insert(order.id) }
      carryOut(order, signed, kind, blockList, at: now)
    } catch {
      // What couldn't be checked may be right: it is asked about again when it comes again.
      if case .unverified = error {} else { note(signed) }
      complain(error, bearer)
    }
  }

  private func carryOut(
    _ order: Order, _ signed: SignedOrder, _ kind: Kind, _ blockList: BlockList, at now: UInt32
  ) {
    let what = "\(order.action.rawValue) \(order.subject.text), ordered by \(order.by)"
    guard !order.subject.isEveryAddress else {
      return say(.error, "not carried out: \(what): that is every address")
    }
    guard !blockList.configuration.hasCommands else {
      let why = "the configuration has commands, which abld may not run"
      let advice = "run ablctl \(order.action.rawValue) here"
      return say(.error, "not carried out: \(what): \(why); \(advice)")
    }
    do throws(StoreError) {
      let isLast = book.decrees(at: now)[order.subject] == order
      try blockList.carryOut(order, isLastWord: isLast, at: Timestamp(seconds: Int64(now)))
      keep(order, signed, kind)
      carriedOut.insert(order.number)
      say(.notice, "carried out: \(what)")
    } catch {
      tell(.error, Text(Array("not carried out: \(what): ".utf8)) + error.message)
    }
  }

  /// Writes down that an order was carried out.
  private func keep(_ order: Order, _ signed: SignedOrder, _ kind: Kind) {
    guard let place = try? File(directory, .directory) else { return }
    let (name, draft) = (Path(Array((kind.rawValue + order.id).utf8)), Path("draft"))
    do throws(SystemError) {
      try place.remove(draft)
      let file = try File(draft, in: place, .readWrite, creating: true)
      try file.write(signed.encoded, at: 0)
      try file.synchronizeData()
      try place.rename(draft, to: name)
    } catch { tell(.error, error.message) }
  }

  /// Those that have ended don't hold; they are removed once the clock is known to be steady, else one
  /// that is ahead for a moment would have them carried out a second time.
  private func forgetEnded(at now: UInt32) {
    let ended = book.orders(at: 0).filter { $0.until <= now }
    if ended.count != self.ended { changes += 1 }
    self.ended = ended.count
    guard clock.isSteady(at: now) else { return }
    let over = ended.filter { FleetClock.isOver($0.until, at: now) }
    guard !over.isEmpty else { return }
    book.forgetEnded(at: UInt32(clamping: Int64(now) - FleetClock.rest))
    self.ended -= over.count
    let place = try? File(directory, .directory)
    for order in over {
      own.remove(order.id)
      carriedOut.remove(order.number)
      for kind in [Kind.own, .heard, .idle] {
        try? place?.remove(Path(Array((kind.rawValue + order.id).utf8)))
      }
    }
  }

  private func note(_ signed: SignedOrder) {
    if refused.count >= Self.mostRefused { refused = [] }
    refused.insert(signed.hashValue)
  }

  private func complain(_ refusal: OrderRefusal, _ bearer: String) {
    refusals += 1
    complaints += 1
    guard complaints <= Self.mostComplaints else { return }
    say(.warning, "an order that \(bearer) brings is not carried out: \(refusal.message)")
  }

  private func say(_ weight: Weight, _ text: String) { tell(weight, Text(Array(text.utf8))) }
}
