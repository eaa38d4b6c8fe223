internal import CMosquitto
internal import Glibc
public import Sharing

/// One broker: a thread of its own, that connects, waits and connects again.
///
/// It asks for no session, so that no broker keeps anything of it that a reload could trip over.
public final class Broker: Sendable {
  public let settings: BrokerSettings
  private let queue = BrokerQueue()

  public init(_ settings: BrokerSettings) { self.settings = settings }

  /// Goes to the broker as `origin`, and tries until the process ends. `onMessage` and `onChange` are
  /// called on its thread.
  public func start(
    as origin: Origin, onMessage: @escaping @Sendable (Topic, [UInt8]) -> Void,
    onChange: @escaping @Sendable () -> Void
  ) {
    queue.change { $0.origin = origin }
    let session = BrokerSession(settings, origin, queue, onMessage, onChange)
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(session).toOpaque()
    let body: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
      guard let context = unsafe context else { return nil }
      unsafe Unmanaged<BrokerSession>.fromOpaque(context).takeRetainedValue().run()
      return nil
    }
    unsafe pthread_create(&thread, nil, body, context)
    pthread_detach(thread)
  }

  public func put(_ message: [UInt8], under topic: Topic) {
    queue.change { work in
      work.kept[topic] = message
      work.fresh.insert(topic)
    }
  }

  public func announce(_ message: [UInt8], as kind: Topic.Kind) {
    queue.change { work in
      guard work.announcements.count < BrokerQueue.mostAnnouncements else { return }
      work.announcements.append((kind, message))
    }
  }

  public func fetch(_ what: FleetMap.Fetch) {
    queue.change { work in
      guard work.fetches.count < BrokerQueue.mostFetches else { return }
      if !work.fetches.contains(what) { work.fetches.append(what) }
    }
  }

  /// Ends the connection, and the thread with it.
  public func stop() { queue.change { $0.isStopping = true } }

  public var status: ExchangeStatus { queue.status }
}
