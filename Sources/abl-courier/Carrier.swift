internal import Courier
internal import CrowdSec
internal import Glibc
internal import Sharing
internal import SharingMQTT

/// The courier's main thread: one socket to abld, and a thread for each broker.
final class Carrier {
  private let brokers: [Broker]
  private let socket: String
  /// CrowdSec's local API, if it is asked.
  private let lapi: LapiSource?
  private let lapiOrigin: Origin?
  private let outbox = Outbox()
  private var stream: FrameStream?
  /// The name that the brokers know us by; it doesn't change.
  private var origin: Origin?
  private var told: [ExchangeStatus] = []
  private var lastComplaint = ""

  init(
    _ settings: [BrokerSettings], _ lapi: (source: LapiSource, origin: Origin)?, socket: String
  ) {
    brokers = settings.map { Broker($0) }
    (self.lapi, lapiOrigin, self.socket) = (lapi?.source, lapi?.origin, socket)
    if let lapi { Lapi.start(lapi.source, outbox) }
  }

  /// Carries, until the process is ended.
  func run() -> Never {
    while true {
      if stream == nil { meet() }
      wait()
      pass()
    }
  }

  /// Goes to abld, if it is there.
  private func meet() {
    guard let stream = FrameStream(connecting: socket) else {
      return complain("cannot connect to '\(socket)': \(Log.reason)")
    }
    lastComplaint = ""
    stream.send(.hello(release: "abl-courier 0.11"))
    (self.stream, told) = (stream, [])
  }

  private func complain(_ text: String) {
    if text != lastComplaint { Log.say(text) }
    lastComplaint = text
  }

  /// Waits for either side, a second at most.
  private func wait() {
    var waits = [pollfd(fd: outbox.bell, events: Int16(POLLIN), revents: 0)]
    if let stream {
      let events = stream.isWaiting ? POLLIN | POLLOUT : POLLIN
      waits.append(pollfd(fd: stream.descriptor, events: Int16(events), revents: 0))
    }
    _ = unsafe poll(&waits, nfds_t(waits.count), 1000)
  }

  private func pass() {
    let frames = outbox.take()
    guard let stream else { return }
    for frame in stream.read() { take(frame) }
    tellStatus(stream)
    for frame in frames { stream.send(frame) }
    stream.flush()
    guard stream.isOver else { return }
    Log.say("the connection to abld has ended; what it told is kept for the brokers")
    self.stream = nil
  }

  private func tellStatus(_ stream: FrameStream) {
    for (index, broker) in brokers.enumerated() {
      tell(broker.status, at: index, "broker \(broker.settings.text)", stream)
    }
    // It says itself what is of interest.
    if let lapi { tell(lapi.status, at: brokers.count, nil, stream) }
  }

  private func tell(
    _ status: ExchangeStatus, at index: Int, _ name: String?, _ stream: FrameStream
  ) {
    if index < told.count {
      guard told[index] != status else { return }
      if told[index].state != status.state { log(name, status) }
      told[index] = status
    } else {
      log(name, status)
      told.append(status)
    }
    stream.send(.status(broker: UInt8(index), status))
  }

  private func log(_ name: String?, _ status: ExchangeStatus) {
    guard let name else { return }
    let trouble = status.trouble.isEmpty ? "" : ": \(status.trouble)"
    Log.say("\(name) is \(status.state.rawValue)\(trouble)")
  }

  private func take(_ frame: Frame) {
    switch frame {
    case .join(let origin): join(origin)
    case .put(let kind, let shard, let message):
      guard let origin else { return }
      let topic = Topic(kind, origin, shard: shard)
      for broker in brokers { broker.put(message, under: topic) }
    case .announce(let message): for broker in brokers { broker.announce(message, as: .live) }
    case .count(let message): for broker in brokers { broker.announce(message, as: .count) }
    case .fetch(let what):
      for broker in brokers { broker.fetch(what) }
      lapi?.answer(what, Lapi.into(outbox))
    case .hello, .message, .status: stream = nil
    }
  }

  private func join(_ origin: Origin) {
    lapi?.tellAll(Lapi.into(outbox))
    if let known = self.origin {
      guard known != origin else { return }
      Log.say("abld has another name now; starting anew")
      exit(75)
    }
    self.origin = origin
    for broker in brokers {
      broker.start(as: origin) { [outbox, lapiOrigin] topic, message in
        // No machine of the fleet speaks for CrowdSec.
        guard topic.origin != lapiOrigin else { return }
        outbox.add(.message(topic, message), size: message.count)
      } onChange: { [outbox] in
        outbox.ring()
      }
    }
  }
}
