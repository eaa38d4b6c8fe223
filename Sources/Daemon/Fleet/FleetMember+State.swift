internal import CLinux
internal import Courier
internal import Orders
internal import Platform
internal import Policy
internal import Sharing
internal import Text

/// What it tells of itself.
extension FleetMember {
  func publish(_ clock: Int64) {
    let begun = clinux_milliseconds()
    let isAwaited = isAwaitingOthers
    toldOrders = isAwaited ? nil : orders.changes
    isPublished = !isAwaited
    publishIfNew()
    let pause: Int64 = published.peers.count > 100 ? 3000 : 500
    // A command waits for the answers of others: it gets them soon, for a tenth of the time at most.
    let soon = max(100, 9 * (clinux_milliseconds() - begun))
    publishDue = clock + (isAwaited ? min(soon, pause) : pause)
  }

  private func publishIfNew() {
    var state = state
    state.written = published.written
    guard state != published else { return }
    state.written = Clock.now
    published = state
    do throws(SystemError) { try state.publish(in: run) } catch { tell(.error, error.message) }
  }

  private var state: FleetState {
    let now = Self.now
    var state = FleetState()
    if let port {
      state.origin = node.log.origin.text
      (state.hasCourier, state.courier) = (port.hasCourier, port.release)
      state.brokers = port.brokers.map {
        .init(state: $0.state.rawValue, denied: $0.denied, trouble: $0.trouble)
      }
    }
    state.peers = peers(at: now)
    state.lists = lists.holding(at: now).map(list)
    state.orders = givenOrders(at: now)
    state.enforced = enforcement?.blocks.count ?? 0
    for (reason, count) in enforcement?.suppressedSources ?? [:] {
      state.leftOut["\(reason)"] = count
    }
    state.trouble = String(decoding: storeTrouble.bytes, as: UTF8.self)
    if state.trouble.isEmpty, node.counts?.isCrowded(at: now) == true {
      state.trouble = "fleet_rule sums \(FleetCounts.mostMachines) machines, and there are more"
    }
    return state
  }

  private func peers(at now: UInt32) -> [FleetState.Peer] {
    let names = Set(node.map.copies.keys).union(node.map.refusals.keys)
      .union(node.counts.map { Set($0.refusals.keys) } ?? [])
    return names.sorted().map { name in
      var peer = FleetState.Peer()
      peer.name = name.text
      for (reason, count) in node.map.refusals[name] ?? [:] {
        peer.refused[reason.word, default: 0] += count
      }
      for (reason, count) in node.counts?.refusals[name] ?? [:] {
        peer.refused[reason.word, default: 0] += count
      }
      if let count = node.counts?.overflow[name] { peer.leftOut["tooManyCounted"] = count }
      for (reason, count) in enforcement?.suppressed[name] ?? [:] {
        peer.leftOut["\(reason)"] = count
      }
      guard let copy = node.map.copies[name] else { return peer }
      (peer.heard, peer.isAway) = (Int64(copy.lastHeard), node.map.isAway(name, at: now))
      (peer.blocks, peer.sequence) = (copy.count, copy.applied)
      (peer.isBehind, peer.clockLag) = (copy.need != .nothing, copy.clockLag)
      peer.release = String(decoding: copy.release, as: UTF8.self)
      return peer
    }
  }

  private func list(_ list: AdviceList) -> FleetState.List {
    var told = FleetState.List()
    told.name = String(decoding: list.origin.listName, as: UTF8.self)
    (told.sources, told.until) = (list.prefixes.count, Int64(list.until))
    for (reason, count) in enforcement?.suppressed[list.origin] ?? [:] {
      told.leftOut["\(reason)"] = count
    }
    return told
  }

  private func givenOrders(at now: UInt32) -> [FleetState.GivenOrder] {
    let own = Set(orders.applied(at: now))
    return orders.given(at: now).suffix(50).map { order in
      var given = FleetState.GivenOrder()
      given.id = order.id
      given.machines = 1 + node.map.copies.count
      if own.contains(order.number) {
        given.applied = 1
      } else {
        given.missing.append(node.log.origin.text)
      }
      for (name, copy) in node.map.copies.sorted(by: { $0.key < $1.key }) {
        if copy.appliedOrders.contains(order.number) {
          given.applied += 1
        } else if given.missing.count < 20 {
          given.missing.append(name.text)
        }
      }
      return given
    }
  }
}

extension FleetMap.Refusal {
  fileprivate var word: String {
    switch self {
    case .malformed: "malformed"
    case .stale: "stale"
    case .tooMany: "tooMany"
    case .tooOften: "tooOften"
    }
  }
}
