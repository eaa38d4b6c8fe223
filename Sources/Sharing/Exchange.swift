/// A place where machines meet: six operations, whatever is behind it.
///
/// It may lose all that it holds at any time. It mustn't let one machine write under another's name.
public protocol Exchange: AnyObject {
  /// Goes there, as this machine. What it has to say it says by `onConnect`.
  func connect(as origin: Origin)

  /// Leaves a message under a topic of this machine, in place of the one before.
  func put(_ message: [UInt8], under topic: Topic)

  /// Tells all that are there now, under the topic of that kind: a change, or what was counted.
  func announce(_ message: [UInt8], as kind: Topic.Kind)

  /// Is called with what others announce, and with what was fetched.
  var onMessage: ((Topic, [UInt8]) -> Void)? { get set }

  /// Has the messages sent that are kept under these topics.
  func fetch(_ what: FleetMap.Fetch)

  /// For people.
  var status: ExchangeStatus { get }
}

extension Exchange {
  /// Tells all that are there now what has changed.
  public func announce(_ message: [UInt8]) { announce(message, as: .live) }
}

/// How an exchange is doing.
public struct ExchangeStatus: Equatable, Sendable {
  public enum State: String, Sendable { case connecting, connected, disconnected }

  /// Whether it is connected.
  public var state: State
  /// Why it isn't connected.
  public var trouble: String
  public var sent = 0
  public var received = 0
  /// What the exchange refused to take from us.
  public var denied = 0

  public init(_ state: State, trouble: String = "") {
    (self.state, self.trouble) = (state, trouble)
  }
}
