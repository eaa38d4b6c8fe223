import CMosquitto
import Sharing

/// A connection to a broker, for a program that has thousands, and one thread.
final class Connection {
  private let client: OpaquePointer
  private let receive: (Topic, [UInt8]) -> Void
  private(set) var isConnected = false
  /// How many messages the broker has yet to confirm.
  private(set) var unconfirmed = 0

  struct Failure: Error {}

  init(
    _ origin: Origin, at place: (host: String, port: Int32), authority: String, stem: String,
    _ receive: @escaping (Topic, [UInt8]) -> Void
  ) throws {
    guard let client = mosquitto_new(origin.text, true, nil) else { throw Failure() }
    (self.client, self.receive) = (client, receive)
    mosquitto_user_data_set(client, Unmanaged.passUnretained(self).toOpaque())
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
    mosquitto_tls_set(client, authority, nil, stem + ".crt", stem + ".key", nil)
    mosquitto_connect_callback_set(client) { _, context, code in
      if code == 0 { Connection.of(context)?.isConnected = true }
    }
    mosquitto_message_callback_set(client) { _, context, message in
      guard let message = message?.pointee else { return }
      Connection.of(context)?.take(message)
    }
    mosquitto_publish_callback_set(client) { _, context, _ in
      Connection.of(context)?.unconfirmed -= 1
    }
    // It blocks until the broker's answer is due only: both are on this machine.
    guard mosquitto_connect(client, place.host, place.port, 60) == MOSQ_ERR_SUCCESS.code else {
      throw Failure()
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> Connection? {
    context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func take(_ message: mosquitto_message) {
    guard let topic = Topic(parsing: String(cString: message.topic)) else { return }
    let start = message.payload?.assumingMemoryBound(to: UInt8.self)
    receive(topic, Array(UnsafeBufferPointer(start: start, count: Int(message.payloadlen))))
  }

  // MARK: What is waited for

  var socket: Int32 { mosquitto_socket(client) }
  var isWriting: Bool { mosquitto_want_write(client) }

  func read() { mosquitto_loop_read(client, 100) }
  func write() { mosquitto_loop_write(client, 1) }
  /// To be called each second or so.
  func keepAlive() { mosquitto_loop_misc(client) }

  // MARK: What is said

  func publish(_ message: [UInt8], _ topic: Topic, isKept: Bool) {
    let code = mosquitto_publish(
      client, nil, topic.text, Int32(message.count), message, 1, isKept)
    if code == MOSQ_ERR_SUCCESS.code { unconfirmed += 1 }
  }

  func subscribe(_ topic: String) { mosquitto_subscribe(client, nil, Topic.root + topic, 0) }

  /// Has what is kept under `topic` sent.
  func fetch(_ topic: String) {
    subscribe(topic)
    mosquitto_unsubscribe(client, nil, Topic.root + topic)
  }
}

extension mosq_err_t {
  var code: Int32 { Int32(rawValue) }
}
