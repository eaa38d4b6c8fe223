internal import ArgumentParser
internal import Daemon
internal import Platform
internal import Policy

struct Peers: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the machines that this one shares its blocks with.",
    discussion: """
      First this machine: its courier, the brokers, the end of its certificate, and why reports of \
      others don't hold here. Then a line for each other machine: when it was heard of last, how many \
      blocks it reports, the number of its last change that is known here, how far its clock is off, \
      its version, and what of it was refused or left out. A machine that was not heard of for half an \
      hour is away; its blocks hold until their end. The exit status is 1 if this machine shares with \
      no other one.

      With --json it is one object: machine, courier (whether it is there), brokers (each with state, \
      denied and trouble), certificateEnd (a sentence, or null), enforced (how many blocks of others \
      hold here), leftOut (each with reason and count), trouble (null if there is none), lists (each \
      with name, sources, until and leftOut), and peers, \
      each with name, heard, away, blocks, sequence (null if it isn't known yet), behind (whether \
      something of it is being fetched), clockLag (seconds), version, refused and leftOut.
      """)

  @Flag(help: "Print JSON, one object.")
  var json = false

  func run() throws {
    let layer = FleetLayer()
    guard let state = layer.state, !state.origin.isEmpty || !state.lists.isEmpty else {
      throw Failure(
        message: layer.isMeant
          ? "abld doesn't run, or can't share; its log says why"
          : "this machine shares with no other one: there is no fleet.conf (docs/fleet.md)")
    }
    try Output.open { output in
      if json {
        try output.add(bytes: object(state))
      } else {
        try write(state, layer, to: &output)
      }
    }
  }

  private func write(
    _ state: FleetState, _ layer: FleetLayer, to output: inout Output
  ) throws {
    try output.tell(layer.sentence ?? "")
    if !state.origin.isEmpty {
      try output.add("courier      " + (state.hasCourier ? state.courier : "isn't there"))
    }
    for broker in state.brokers {
      var line = "broker       " + broker.state
      if broker.denied > 0 { line += "; it has refused \(counted(broker.denied, "message"))" }
      if !broker.trouble.isEmpty { line += "; " + broker.trouble.harmless }
      try output.tell(line, indent: 13)
    }
    if !state.origin.isEmpty, let end = FleetLayer.certificateEnd() {
      let hint = end.isSoon ? ": renew it (ablctl fleet renew)" : ""
      try output.add("certificate  ends on \(end.text.harmless)\(hint)")
    }
    for (word, count) in state.leftOut.sorted(by: { $0.key < $1.key }) {
      try output.tell("left out     \(counted(count, "source")): \(LeftOut.text(word))", indent: 13)
    }
    for list in state.lists { try output.tell("list         \(sentence(list))", indent: 13) }
    guard !state.peers.isEmpty else { return }
    try output.add("")
    let columns = [
      Column(24), Column(10), Column(7, .right), Column(9, .right), Column(7, .right), Column(14),
      Column(0),
    ]
    let head = ["MACHINE", "HEARD", "BLOCKS", "CHANGE", "CLOCK", "VERSION", ""]
    let rows = [head] + state.peers.map(row)
    for line in Column.lines(rows, columns, width: output.width) { try output.add(line) }
    for peer in state.peers {
      for text in remarks(on: peer) { try output.tell("\(peer.name): \(text)") }
    }
  }

  private func sentence(_ list: FleetState.List) -> String {
    var local = LocalTime()
    let until = Timestamp(seconds: list.until).sentence(&local, at: .now)
    let leftOut = list.leftOut.sorted { $0.key < $1.key }.map {
      "; \($0.value) left out: \(LeftOut.text($0.key))"
    }
    return "\(list.name): \(counted(list.sources, "source")) \(until)\(leftOut.joined())"
  }

  private func row(_ peer: FleetState.Peer) -> [String] {
    let ago = Duration(seconds: max(0, Clock.now - peer.heard)).text
    let heard = peer.heard == 0 ? "never" : peer.isAway ? "away " + ago : ago
    return [
      peer.name, heard, String(peer.blocks), peer.sequence.map { String($0) } ?? "-",
      "\(peer.clockLag) s", peer.release.harmless, peer.isBehind ? "catching up" : "",
    ]
  }

  private func remarks(on peer: FleetState.Peer) -> [String] {
    let refused = peer.refused.sorted { $0.key < $1.key }.map {
      "\(counted($0.value, "message")) refused: \($0.key)"
    }
    let leftOut = peer.leftOut.sorted { $0.key < $1.key }.map {
      "\(counted($0.value, "report")) left out: \(LeftOut.text($0.key))"
    }
    return refused + leftOut
  }

  private func object(_ state: FleetState) -> [UInt8] {
    var object = JSONObject()
    object.set("machine", state.origin)
    object.set("courier", state.hasCourier)
    object.set("brokers", lines: state.brokers.map { $0.object })
    let end = state.origin.isEmpty ? nil : FleetLayer.certificateEnd()
    object.set("certificateEnd", end?.text.harmless)
    object.set("enforced", state.enforced)
    object.set("leftOut", lines: Self.objects(state.leftOut))
    object.set("trouble", state.trouble.isEmpty ? nil : state.trouble)
    object.set("lists", lines: state.lists.map { Self.object($0) })
    object.set("peers", lines: state.peers.map { Self.object($0) })
    return object.line()
  }

  private static func object(_ list: FleetState.List) -> [UInt8] {
    var object = JSONObject()
    object.set("name", list.name)
    object.set("sources", list.sources)
    object.set("until", Timestamp(seconds: list.until))
    object.set("leftOut", lines: objects(list.leftOut))
    return object.line()
  }

  private static func object(_ peer: FleetState.Peer) -> [UInt8] {
    var object = JSONObject()
    object.set("name", peer.name)
    object.set("heard", peer.heard == 0 ? nil : Timestamp(seconds: peer.heard))
    object.set("away", peer.isAway)
    object.set("blocks", peer.blocks)
    object.set("sequence", peer.sequence.map { Int(clamping: $0) })
    object.set("behind", peer.isBehind)
    object.set("clockLag", Int(peer.clockLag))
    object.set("version", peer.release.harmless)
    object.set("refused", lines: objects(peer.refused))
    object.set("leftOut", lines: objects(peer.leftOut))
    return object.line()
  }

  private static func objects(_ counts: [String: Int]) -> [[UInt8]] {
    counts.sorted { $0.key < $1.key }.map { word, count in
      var object = JSONObject()
      object.set("reason", word)
      object.set("count", count)
      return object.line()
    }
  }
}

extension FleetState.Broker {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    object.set("state", state)
    object.set("denied", denied)
    object.set("trouble", trouble.isEmpty ? nil : trouble.harmless)
    return object.line()
  }
}
