internal import CMosquitto
internal import Glibc
internal import Sharing

/// What a broker's thread does.
///
/// libmosquitto's own loop isn't used: it was seen never to come back after a time-out.
@safe final class BrokerSession {
  private let settings: BrokerSettings
  let origin: Origin
  let queue: BrokerQueue
  let onMessage: @Sendable (Topic, [UInt8]) -> Void
  private let onChange: @Sendable () -> Void
  private var client: OpaquePointer?
  /// What the broker said: set by the callbacks.
  var isConnected = false
  var isRefused = false
  /// Subscriptions that end as soon as they have begun, since what is kept came by then.
  var passing: [CInt: String] = [:]
  private var attempts: UInt32 = 0

  /// Seconds without a word before a broker is taken for gone.
  private static let keepAlive: CInt = 15
  private static let patience = 15

  private static let isReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code

  init(
    _ settings: BrokerSettings, _ origin: Origin, _ queue: BrokerQueue,
    _ onMessage: @escaping @Sendable (Topic, [UInt8]) -> Void,
    _ onChange: @escaping @Sendable () -> Void
  ) {
    (self.settings, self.origin, self.queue) = (settings, origin, queue)
    (self.onMessage, self.onChange) = (onMessage, onChange)
  }

  /// Connects again and again, until it is to stop.
  func run() {
    guard Self.isReady else { return }
    while !queue.take(isConnected: false).isStopping {
      connectOnce()
      rest()
    }
  }

  private func connectOnce() {
    (isConnected, isRefused, passing) = (false, false, [:])
    note(.connecting)
    defer {
      if let client = unsafe client { unsafe mosquitto_destroy(client) }
      unsafe client = nil
    }
    guard makeClient() else { return }
    let code = unsafe mosquitto_connect_async(
      client, settings.host, CInt(settings.port), Self.keepAlive)
    guard code == MOSQ_ERR_SUCCESS.code else { return note(.disconnected, Self.reason(code)) }
    serve()
  }

  /// Serves the connection until it is lost.
  private func serve() {
    let start = time(nil)
    while true {
      let socket = unsafe mosquitto_socket(client)
      guard socket >= 0 else { return lost("the connection was closed") }
      let code = wait(socket)
      guard code == MOSQ_ERR_SUCCESS.code else { return lost(Self.reason(code)) }
      guard !isRefused else { return }
      guard isConnected || time(nil) - start < Self.patience else {
        return lost("no answer within \(Self.patience) s")
      }
      let work = queue.take(isConnected: isConnected)
      if work.isStopping {
        unsafe mosquitto_disconnect(client)
        return note(.disconnected, "stopped")
      }
      if isConnected { perform(work) }
    }
  }

  /// Waits for the socket or for work, a second at most, and lets libmosquitto do its part.
  private func wait(_ socket: CInt) -> CInt {
    let isWriting = unsafe mosquitto_want_write(client)
    var waits = [
      pollfd(fd: socket, events: Int16(isWriting ? POLLIN | POLLOUT : POLLIN), revents: 0),
      pollfd(fd: queue.bell, events: Int16(POLLIN), revents: 0),
    ]
    _ = unsafe poll(&waits, 2, 1000)
    var code = MOSQ_ERR_SUCCESS.code
    if waits[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
      code = unsafe mosquitto_loop_read(client, 100)
    }
    if code == MOSQ_ERR_SUCCESS.code, waits[0].revents & Int16(POLLOUT) != 0 {
      code = unsafe mosquitto_loop_write(client, 1)
    }
    // In a handshake libmosquitto doesn't see that the other side is gone, and would spin.
    if !isConnected, waits[0].revents & Int16(POLLHUP | POLLERR) != 0 {
      return MOSQ_ERR_CONN_LOST.code
    }
    return code == MOSQ_ERR_SUCCESS.code ? unsafe mosquitto_loop_misc(client) : code
  }

  private func lost(_ why: String) {
    note(.disconnected, why)
  }

  /// Waits before the next attempt: up to a second at first, up to half a minute later, by lot; so
  /// a thousand machines don't come back at once.
  private func rest() {
    attempts = isConnected ? 1 : min(attempts + 1, 6)
    let most = min(UInt32(30_000), 500 << attempts)
    let end = monotonicMilliseconds + UInt64.random(in: 100...UInt64(most))
    while monotonicMilliseconds < end {
      var wait = pollfd(fd: queue.bell, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&wait, 1, CInt(min(end - monotonicMilliseconds + 1, 1000)))
      if queue.take(isConnected: false).isStopping { return }
      // Work that waits for the connection keeps ringing: a pause bounds what that costs.
      usleep(20_000)
    }
  }

  private var monotonicMilliseconds: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  func note(_ state: ExchangeStatus.State, _ trouble: String = "") {
    queue.note { status in
      // Why it failed stays to be read while it tries again.
      if state != .connecting { status.trouble = trouble }
      status.state = state
    }
    onChange()
  }

  static func reason(_ code: CInt) -> String {
    if code == MOSQ_ERR_ERRNO.code { return unsafe String(cString: strerror(errno)) }
    return unsafe String(cString: mosquitto_strerror(code))
  }
}

extension mosq_err_t {
  var code: CInt { CInt(rawValue) }
}

extension BrokerSession {
  /// A client with our identity; false if the files of it don't serve.
  private func makeClient() -> Bool {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe client = unsafe mosquitto_new(origin.text, true, context)
    guard let client = unsafe client else {
      note(.disconnected, "no memory for a connection")
      return false
    }
    unsafe mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
    unsafe mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
    var code = unsafe mosquitto_tls_set(
      client, settings.authority, nil, settings.certificate, settings.key, nil)
    if code == MOSQ_ERR_SUCCESS.code {
      code = unsafe mosquitto_tls_opts_set(client, 1, "tlsv1.3", nil)
    }
    if code == MOSQ_ERR_SUCCESS.code, let user = settings.user {
      code = unsafe mosquitto_username_pw_set(client, user, settings.password)
    }
    guard code == MOSQ_ERR_SUCCESS.code else {
      note(.disconnected, "its certificate, key or authority can't be used: \(Self.reason(code))")
      return false
    }
    unsafe setCallbacks(client)
    return true
  }

  private func setCallbacks(_ client: OpaquePointer) {
    unsafe mosquitto_connect_v5_callback_set(client) { _, context, code, _, _ in
      unsafe BrokerSession.of(context)?.connected(code)
    }
    unsafe mosquitto_message_v5_callback_set(client) { _, context, message, _ in
      guard let message = unsafe message?.pointee else { return }
      unsafe BrokerSession.of(context)?.receive(message)
    }
    unsafe mosquitto_publish_v5_callback_set(client) { _, context, _, code, _ in
      unsafe BrokerSession.of(context)?.published(code)
    }
    unsafe mosquitto_subscribe_v5_callback_set(client) { _, context, number, _, _, _ in
      unsafe BrokerSession.of(context)?.subscribed(number)
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> BrokerSession? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<BrokerSession>.fromOpaque(context).takeUnretainedValue()
  }

  private func connected(_ code: CInt) {
    guard code == 0 else {
      isRefused = true
      return note(.disconnected, unsafe String(cString: mosquitto_reason_string(code)))
    }
    isConnected = true
    for kind in ["live", "order"] { _ = subscribe("\(Topic.root)\(kind)/+") }
    queue.change { work in work.fresh = Set(work.kept.keys) }
    note(.connected)
  }

  private func receive(_ message: mosquitto_message) {
    let length = unsafe Int(message.payloadlen)
    guard let topic = unsafe Topic(parsing: String(cString: message.topic)),
      0...Message.longest ~= length
    else { return }
    queue.note { $0.received += 1 }
    let start = unsafe message.payload?.assumingMemoryBound(to: UInt8.self)
    let bytes = unsafe UnsafeBufferPointer(start: start, count: length)
    unsafe onMessage(topic, Array(bytes))
  }

  private func published(_ code: CInt) {
    queue.note { status in
      if code >= 128 { status.denied += 1 } else { status.sent += 1 }
    }
  }

  private func subscribed(_ number: CInt) {
    guard let topic = passing.removeValue(forKey: number) else { return }
    unsafe mosquitto_unsubscribe(client, nil, topic)
  }

  private func subscribe(_ topic: String) -> CInt? {
    var number: CInt = 0
    let code = unsafe mosquitto_subscribe(client, &number, topic, 0)
    return code == MOSQ_ERR_SUCCESS.code ? number : nil
  }

  /// Documents first, then the head, then what is announced.
  private func perform(_ work: BrokerQueue.Work) {
    for topic in work.fresh.sorted(by: { $0.isBefore($1) }) {
      if let message = work.kept[topic] { publish(message, topic, isKept: true) }
    }
    for (kind, message) in work.announcements {
      publish(message, Topic(kind, origin), isKept: false)
    }
    for what in work.fetches { fetch(what) }
  }

  private func publish(_ message: [UInt8], _ topic: Topic, isKept: Bool) {
    _ = unsafe mosquitto_publish(
      client, nil, topic.text, CInt(message.count), message, 1, isKept)
  }

  private func fetch(_ what: FleetMap.Fetch) {
    switch what {
    case .allHeads: fetch("\(Topic.root)head/+")
    case .head(let origin): fetch("\(Topic.root)head/\(origin.text)")
    case .documents(let origin): fetch("\(Topic.root)state/\(origin.text)/+")
    // This subscription stays; to ask for it once more brings what is kept.
    case .allOrders: _ = subscribe("\(Topic.root)order/+")
    case .allCounts: _ = subscribe("\(Topic.root)count/+")
    }
  }

  private func fetch(_ topic: String) {
    if let number = subscribe(topic) { passing[number] = topic }
  }
}

extension Topic {
  fileprivate func isBefore(_ other: Topic) -> Bool {
    let ranks: [Kind: Int] = [.state: 0, .order: 1, .head: 2, .live: 3]
    return (ranks[kind] ?? 9, shard) < (ranks[other.kind] ?? 9, other.shard)
  }
}
