internal import Daemon
internal import Firewall
internal import Platform
internal import Policy

/// Waits until the kernel lets hosts in again that were unblocked, and tells which it doesn't, and why.
struct KernelRelease {
  private let layer: KernelLayer

  init(_ layer: KernelLayer = KernelLayer()) { self.layer = layer }

  /// How long it waits, in milliseconds.
  private static let patience: Int64 = 1000
  /// Of how many it tells.
  private static let mostTold = 20

  /// - Returns: a line for each host that the kernel still keeps away.
  func await(_ addresses: [HostAddress]) -> [String] {
    if case .absent = layer.presence { return [] }
    let deadline = Deadline(milliseconds: layer.isFollowing ? Self.patience : 0)
    var held = addresses.compactMap { holding($0) }
    while !held.isEmpty, !deadline.hasPassed {
      Clock.pause(microseconds: 5000)
      held = held.compactMap { holding($0.address) }
    }
    let more =
      held.count > Self.mostTold ? ["\(held.count - Self.mostTold) more are still held"] : []
    return held.prefix(Self.mostTold).map { sentence($0) } + more
  }

  private typealias Holding = (address: HostAddress, element: Element, left: UInt64)

  private func holding(_ address: HostAddress) -> Holding? {
    guard case .held(let element, let left) = layer.answer(address) else { return nil }
    return (address, element, left)
  }

  private func sentence(_ held: Holding) -> String {
    let end = Duration(seconds: Int64(held.left / 1000)).text
    let host = String(held.address.text)
    return
      "host \(host): the kernel still drops \(String(held.element.text)), for \(end) more: \(why)"
  }

  private var why: String {
    switch layer.presence {
    case .running where layer.isFollowing: "abld runs, and has not taken it out within a second"
    case .running: layer.sentence
    case .ended, .absent: "abld doesn't run; 'abld --remove' takes out all of it"
    }
  }
}
