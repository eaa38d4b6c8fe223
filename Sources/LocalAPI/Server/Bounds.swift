internal import NIOCore

/// How much of everything there may be: what a client can do to others is bounded by these.
public struct Bounds: Sendable {
  /// Connections of all users.
  public var connections = 2048
  /// Connections of an ordinary user; all of them have half of all together.
  public var connectionsOfOrdinary = 32
  /// Connections of a user that may look.
  public var connectionsOfLooker = 128
  /// Connections of a user that may report for services.
  public var connectionsOfReporter = 1280
  /// Requests a second of an ordinary user; twice as many may come at once.
  public var requestsOfOrdinary = 20
  /// Likewise of all ordinary users together: the one thread that serves all does ten times as many.
  public var requestsOfAllOrdinary = 500
  /// Likewise of a user that may look.
  public var requestsOfLooker = 50
  /// Milliseconds after which one that comes too often is told so: what asks again at once has to wait,
  /// and the connections that ordinary users may have then ask for no more than the thread does.
  public var refusal: Int64 = 1000
  /// Attempts that are reserved or wait, of all users: the table of attempts in flight has 4096 slots,
  /// and logins need them.
  public var attempts = 2048
  public var attemptsOfOrdinary = 8
  public var attemptsOfGranted = 1024
  /// Attempts that may wait for others of one host or user.
  public var waitingOfSubject = 256
  /// Bytes of a head, and of a body.
  public var head = 8 << 10
  public var body = 16 << 10
  /// Bytes that are read of a connection at one time: most requests are shorter.
  public var piece = 1 << 10
  /// Bytes of answers that the kernel keeps for a connection; it takes twice as much for them.
  public var unread = 16 << 10
  /// Bytes of long answers that are kept for clients until they take them, of all users. A user for
  /// which none is kept gets one all the same.
  public var answers = 32 << 20
  /// Seconds for a request to arrive whole, and for an answer to be taken.
  public var transfer: Int64 = 5
  /// Bytes of a long answer for which there is a second more.
  public var pace = 64 << 10
  /// Seconds for which a connection may stay without a request. More than the 60 for which nginx
  /// keeps one: of two that close at one moment the client would see a failure.
  public var idle: Int64 = 75
  /// Milliseconds for which a request waits for a look at the store.
  public var look: Int64 = 120
  /// Likewise for a failure to be on the disk.
  public var write: Int64 = 5000
  /// Seconds after which an attempt without a verdict lapses, uncounted.
  public var verdict: Int64 = 10

  public init() {}
}
