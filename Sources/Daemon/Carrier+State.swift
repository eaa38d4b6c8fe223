internal import BlockList
internal import CLinux
internal import Firewall
internal import Platform
internal import Text

// What it tells of itself.
extension Carrier {
  func noteStore(_ trouble: Text?) {
    let text = trouble ?? ""
    guard text != storeTrouble else { return }
    if let trouble {
      tell(.error, "the blocks stay as they are: \(trouble)")
    } else {
      tell(.notice, "the store can be read again")
    }
    storeTrouble = text
  }

  /// A complaint that each look repeats is told once.
  func note(_ urgency: Urgency, _ text: Text) {
    guard urgency == .error else { return tell(.notice, text) }
    if !complaintsBefore.contains(text), !complaints.contains(text) { tell(.error, text) }
    complaints.append(text)
  }

  /// Until it can be read again, what it said holds.
  func noteConfiguration(_ failure: StoreError?) {
    let trouble = failure?.message ?? ""
    guard trouble != unread else { return }
    unread = trouble
    guard let failure else { return tell(.notice, "the configuration can be read again") }
    tell(.error, "\(consequence(of: failure)): \(trouble)")
  }

  private func consequence(of failure: StoreError) -> Text {
    if present != nil { return "the configuration stays as it was" }
    return failure.isAbsence ? "the defaults hold" : "what is blocked stays as it is"
  }

  func publish() {
    state.isFirewallOn = settings.firewall
    state.trouble = firewall.trouble?.message ?? firewall.delay(clinux_milliseconds()) ?? ""
    state.storeTrouble = storeTrouble.isEmpty ? unread : storeTrouble
    state.blocks = firewall.count
    (state.rebuilds, state.meddler) = (firewall.rebuilds, firewall.meddler)
    (state.lengths4, state.lengths6) = firewall.lengths
    state.listFile = settings.listFile?.text ?? ""
    state.listed = listFile.count(at: .now)
    state.listLeftOut = listFile.leftOut
    state.listTrouble = listFile.trouble
    state.ports = settings.servicePorts.all
    do throws(SystemError) {
      try directory?.publish(state)
      untold = ""
    } catch {
      if untold != error.message { tell(.error, error.message) }
      untold = error.message
    }
  }
}
