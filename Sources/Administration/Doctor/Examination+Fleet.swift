internal import Daemon

/// Whether this machine shares with others, where it is meant to.
extension Examination {
  func fleet() -> [Finding] {
    guard files.isHere else { return [] }
    let layer = FleetLayer()
    guard layer.isMeant else { return [] }
    guard let state = layer.state, !state.origin.isEmpty else {
      let text = "fleet.conf is there, but abld doesn't run, or can't use it: nothing is shared"
      return [doubt(text, "systemctl reload-or-restart abld; its log says more")]
    }
    var findings: [Finding] = []
    if !state.hasCourier {
      let text = "abl-courier isn't there: blocks of this machine and of others don't get through"
      findings.append(doubt(text, "systemctl enable --now abl-courier; its log says more"))
    } else if layer.connected < state.brokers.count {
      let trouble = state.brokers.map(\.trouble).first { !$0.isEmpty }.map { ": " + $0.harmless }
      let text =
        "\(layer.connected) of \(counted(state.brokers.count, "broker")) connected\(trouble ?? "")"
      findings.append(doubt(text, "look at mosquitto there, and at the certificates"))
    }
    if layer.denied > 0 {
      let text = "a broker has refused \(counted(layer.denied, "message")) of this machine"
      let advice = "its rights must be those of ablctl fleet (abl.acl), by the certificate's name"
      findings.append(doubt(text, advice))
    }
    if !state.trouble.isEmpty { findings.append(doubt(state.trouble, "see docs/fleet.md")) }
    if let end = FleetLayer.certificateEnd(), end.isSoon {
      let text = "the certificate of this machine ends on \(end.text.harmless)"
      findings.append(doubt(text, "ablctl fleet renew, on the operator's machine"))
    }
    let wrong = state.peers.filter { abs($0.clockLag) > 300 && !$0.isAway }
    if let first = wrong.first {
      let text = "the clock of \(first.name) is off by \(first.clockLag) s, as seen here"
      let more = wrong.count > 1 ? ", and \(wrong.count - 1) more are" : ""
      findings.append(doubt(text + more, "set it, or the one of this machine"))
    }
    return findings
  }

  private func doubt(_ text: String, _ advice: String) -> Finding {
    Finding(.doubt, .fleet, text, advice)
  }
}
