/// All that is known of all machines: a copy of each one's map.
///
/// Only messages change it, and it comes to the same whatever becomes of them on the way, as long as
/// the last head and its documents arrive at last. What is enforced of it, `FleetPolicy` says.
public struct FleetMap: Sendable {
  /// This machine: its own messages are not taken over.
  public let own: Origin
  public private(set) var copies: [Origin: OriginCopy] = [:]
  /// What was refused, by reason and machine.
  public private(set) var refusals: [Origin: [Refusal: Int]] = [:]
  /// The greatest epoch under which our own name was seen, but for those of the far future.
  public private(set) var ownEpoch: UInt64 = 0
  /// When something was fetched, so as not to ask each time.
  private var asked: [Origin: Question] = [:]
  private var nextSurvey: UInt32 = 0
  /// What all copies weigh.
  private(set) var weight = 0

  /// How many machines there may be.
  public static let mostOrigins = 5000
  /// How many blocks there may be in all, with changes that wait for others: memory is bounded.
  public static let mostRecords = 250_000
  /// How many of these places all machines share evenly: those that have few blocks find room,
  /// however many a hostile one reports.
  static let reserve = 50_000
  /// By how many seconds the epoch of an own log may be ahead of the clock.
  static let mostAhead: UInt64 = 86_400
  /// How many seconds lie between two looks at all heads, at least; as many again are added by chance.
  public static let surveyPeriod: UInt32 = 600

  /// Why a message is not believed.
  public enum Refusal: Hashable, Sendable {
    case malformed(MessageError)
    /// Of a log that another one has replaced: of an old file of the broker, or replayed.
    case stale
    /// More machines, or more blocks, than there may be.
    case tooMany
    /// More counts than a machine may tell in that time.
    case tooOften
  }

  /// What is to be fetched from the exchange.
  public enum Fetch: Hashable, Sendable {
    case allHeads
    case head(Origin)
    case documents(Origin)
    /// The orders that machines pass on; no part of the map.
    case allOrders
    /// From now on also what machines count: nothing of it is kept.
    case allCounts
  }

  /// What was asked about a machine, and when.
  private struct Question: Sendable {
    var need: OriginCopy.Need
    var time: UInt32
    /// How long to wait for an answer: longer each time, so that a machine that tells of changes
    /// that there aren't keeps no other busy.
    var pause: UInt32 = 2

    /// Whether so many seconds have passed since. After a step back of the clock that isn't known, and
    /// counts as well: gaps would stay until the clock is where it was.
    func isPast(_ seconds: UInt32, at now: UInt32) -> Bool {
      now < time || now - time >= seconds
    }
  }

  public init(own: Origin) { self.own = own }
}

extension FleetMap {
  /// Takes a message over. Returns what is needed to go on.
  public mutating func receive(_ bytes: [UInt8], under topic: Topic, at now: UInt32) -> Fetch? {
    let message: Message
    do throws(MessageError) {
      message = try Message(decoding: bytes, under: topic)
    } catch {
      refuse(topic.origin, .malformed(error))
      return nil
    }
    guard topic.origin != own else {
      noteOwn(message.stamp.epoch, at: now)
      return nil
    }
    switch message {
    case .orders, .counts: return nil
    case .live, .head, .state: break
    }
    guard copies[topic.origin]?.epoch ?? 0 <= message.stamp.epoch else {
      refuse(topic.origin, .stale)
      return nil
    }
    guard isWelcome(message) else {
      refuse(topic.origin, .tooMany)
      return nil
    }
    take(message, at: now)
    return need(of: topic.origin, at: now)
  }

  /// No log of this machine begins more than a day ahead: behind a forged one there may be no other.
  private mutating func noteOwn(_ epoch: UInt64, at now: UInt32) {
    guard epoch / 1_000_000_000 <= UInt64(now) + Self.mostAhead else { return }
    ownEpoch = max(ownEpoch, epoch)
  }

  private mutating func take(_ message: Message, at now: UInt32) {
    let (origin, epoch) = (message.stamp.origin, message.stamp.epoch)
    weight -= copies[origin]?.weight ?? 0
    copies[origin, default: OriginCopy(epoch: epoch)].receive(message, at: now)
    weight += copies[origin]?.weight ?? 0
  }

  /// Whether there is room for another machine, or for more of this one.
  private func isWelcome(_ message: Message) -> Bool {
    let known = copies[message.stamp.origin]
    guard known != nil || copies.count < Self.mostOrigins else { return false }
    // What it takes at most is enough, but where room is short.
    let forAll = Self.mostRecords - Self.reserve
    guard weight + message.records > forAll else { return true }
    let copy = known ?? OriginCopy(epoch: message.stamp.epoch)
    let more = copy.growth(by: message)
    if more == 0 || weight + more <= forAll { return true }
    return weight + more <= Self.mostRecords
      && copy.weight + more <= Self.reserve / max(copies.count, 1)
  }

  private mutating func refuse(_ origin: Origin, _ refusal: Refusal) {
    guard refusals[origin] != nil || refusals.count < Self.mostOrigins else { return }
    refusals[origin, default: [:]][refusal, default: 0] += 1
  }

  /// What a machine's copy needs, unless it was asked for a moment ago.
  private mutating func need(of origin: Origin, at now: UInt32) -> Fetch? {
    let need = copies[origin]?.need ?? .nothing
    let last = asked[origin]
    guard need != .nothing else {
      asked[origin]?.need = .nothing
      if let last, last.isPast(60, at: now) { asked[origin]?.pause = 2 }
      return nil
    }
    // A head that has come leads to its documents; else a machine is asked once in a while, and
    // what was asked already `repair` asks again.
    let leadsOn = need == .documents && last?.need != .documents
    let isDue = last.map { $0.need == .nothing && $0.isPast(1, at: now) } ?? true
    asked[origin, default: Question(need: need, time: now)].need = need
    guard leadsOn || isDue else { return nil }
    asked[origin]?.time = now
    return need == .head ? .head(origin) : .documents(origin)
  }

  /// What is to be fetched again, since an answer may have been lost. To be called each second.
  ///
  /// - Parameter chance: any number; so not all machines ask at once.
  public mutating func repair(at now: UInt32, chance: UInt64) -> [Fetch] {
    var fetches: [Fetch] = []
    for (origin, question) in asked where question.need != .nothing {
      guard question.isPast(question.pause, at: now) else { continue }
      asked[origin] = Question(
        need: question.need, time: now, pause: min(question.pause * 2, 600))
      // With the head: the documents may be of a later one by now.
      fetches += [.head(origin), .documents(origin)]
    }
    // One that is further away was due by a clock that has been set back since.
    if now >= nextSurvey || nextSurvey - now > 2 * Self.surveyPeriod {
      nextSurvey = now &+ Self.surveyPeriod &+ UInt32(chance % UInt64(Self.surveyPeriod))
      fetches.append(.allHeads)
    }
    return fetches
  }

  /// Looks at all heads as soon as `repair` is called: a connection is new.
  public mutating func surveySoon() { nextSurvey = 0 }

  /// Removes what has ended.
  public mutating func forgetEnded(at now: UInt32) {
    for origin in copies.keys { copies[origin]?.forgetEnded(at: now) }
    weight = copies.values.reduce(0) { $0 + $1.weight }
  }

  /// Drops the map of a machine that is gone or was revoked.
  public mutating func forget(_ origin: Origin) {
    weight -= copies[origin]?.weight ?? 0
    (copies[origin], refusals[origin], asked[origin]) = (nil, nil, nil)
  }

  /// Whether the machine hasn't been heard of for so long that it is shown as away.
  public func isAway(_ origin: Origin, at now: UInt32) -> Bool {
    guard let copy = copies[origin] else { return true }
    // Heads are looked at every 20 minutes at least, and are a minute old at most.
    return Int64(now) - Int64(copy.lastHeard) > 1800
  }
}
