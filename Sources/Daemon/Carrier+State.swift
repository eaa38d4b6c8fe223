internal import Firewall
internal import Platform
internal import Text

// What it tells of itself.
extension Carrier {
  func noteStore(_ trouble: Text?) {
    let text = trouble ?? ""
    guard text != state.storeTrouble else { return }
    if let trouble {
      tell(.error, "the blocks stay as they are: \(trouble)")
    } else {
      tell(.notice, "the store can be read again")
    }
    state.storeTrouble = text
  }

  func publish() {
    state.isFirewallOn = settings.firewall
    state.trouble = firewall.trouble?.message ?? ""
    state.blocks = firewall.count
    (state.rebuilds, state.meddler) = (firewall.rebuilds, firewall.meddler)
    (state.lengths4, state.lengths6) = firewall.lengths
    state.listFile = settings.listFile?.text ?? ""
    state.listed = listFile.count(at: .now)
    state.listLeftOut = listFile.leftOut
    state.listTrouble = listFile.trouble
    state.ports = settings.servicePorts.all
    do throws(SystemError) { try directory?.publish(state) } catch {
      tell(.error, error.message)
    }
  }
}
