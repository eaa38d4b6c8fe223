internal import Sharing

/// The exchange of a machine that shares with no other one.
final class NoExchange: Exchange {
  var onMessage: ((Topic, [UInt8]) -> Void)?

  func connect(as origin: Origin) {}
  func put(_ message: [UInt8], under topic: Topic) {}
  func announce(_ message: [UInt8], as kind: Topic.Kind) {}
  func fetch(_ what: FleetMap.Fetch) {}
  var status: ExchangeStatus { ExchangeStatus(.disconnected) }
}
