internal import Daemon
internal import Firewall
internal import Policy
internal import Text

/// The kernel's firewall, as abld tells of it and the kernel itself answers.
struct KernelLayer {
  let presence: DaemonPresence

  init(_ presence: DaemonPresence = DaemonPresence()) { self.presence = presence }

  /// What abld has told, also if it has ended.
  private var state: PublishedState? {
    switch presence {
    case .absent: nil
    case .ended(let state), .running(let state): state
    }
  }

  /// "running", "ended", "absent".
  var word: String {
    switch presence {
    case .absent: "absent"
    case .ended: "ended"
    case .running: "running"
    }
  }

  /// How often the table was made anew since abld's start, for another program had changed it; nil if
  /// abld doesn't run.
  var rebuilds: Int? {
    if case .running(let state) = presence { state.rebuilds } else { nil }
  }

  /// How many blocks the kernel was given; nil if abld doesn't run.
  var blocks: Int? {
    if case .running(let state) = presence { state.blocks } else { nil }
  }

  /// Whether abld will take out of the kernel what is unblocked.
  var isFollowing: Bool {
    if case .running(let state) = presence {
      state.isFirewallOn && state.trouble.isEmpty
    } else {
      false
    }
  }

  /// By which element the kernel keeps `address` away, and for how many more milliseconds.
  enum Answer {
    /// It has never been told to, or doesn't let itself be asked.
    case unknown
    case clear
    case held(Element, UInt64)
  }

  func answer(_ address: HostAddress) -> Answer {
    guard let state, let table = try? KernelTable() else { return .unknown }
    var isKnown = false
    for element in state.elements(holding: Prefix(address)) {
      do throws(FirewallError) {
        if let left = try table.remaining(element) { return .held(element, left) }
        isKnown = true
      } catch {}
    }
    return isKnown ? .clear : .unknown
  }
}

extension Subject {
  /// The address, or the first one of a prefix. Nil of a user, and of a host that is known by its
  /// name only.
  var address: HostAddress? {
    switch self {
    case .host(.address(let address)): address
    case .host(.network(let network)), .network(let network): network.address
    case .host(.name), .user, .home, .caller: nil
    }
  }
}

// MARK: - In words

extension KernelLayer {
  /// One line on all of it.
  var sentence: String {
    switch presence {
    case .absent: return "abld doesn't run: PAM alone blocks"
    case .ended(let state):
      let left = state.blocks > 0 ? "; what it gave the kernel runs to its end" : ""
      return "abld has ended: PAM alone blocks" + left
    case .running(let state):
      return [Self.sentence(state), Self.listFile(state)].compactMap { $0 }.joined(separator: "; ")
    }
  }

  private static func sentence(_ state: PublishedState) -> String {
    guard state.isFirewallOn else {
      let trouble = state.storeTrouble.isEmpty ? "" : "; but " + String(state.storeTrouble)
      return "abld runs, and leaves the kernel alone (firewall = off)" + trouble
    }
    if !state.trouble.isEmpty { return "abld runs, but " + String(state.trouble) }
    var parts = ["abld runs: the kernel has " + counted(state.blocks, "block")]
    if state.advised > 0 { parts.append("by advice of the fleet: \(state.advised)") }
    if state.leftOut > 0 { parts.append("no room for \(counted(state.leftOut, "host"))") }
    if state.exempt > 0 { parts.append("\(counted(state.exempt, "host")) never blocked there") }
    if state.portless > 0 {
      parts.append("\(counted(state.portless, "host")) without a known port")
    }
    if state.rebuilds > 0 {
      let count = counted(state.rebuilds, "time")
      parts.append("made anew \(count), last because of " + String(state.meddler))
    }
    if !state.storeTrouble.isEmpty { parts.append("but " + String(state.storeTrouble)) }
    return parts.joined(separator: "; ")
  }

  /// What the kernel does to one host; nil if abld has never run, so that there is nothing to say.
  func sentence(on address: HostAddress, isBlocked: Bool) -> String? {
    guard state != nil else { return nil }
    switch answer(address) {
    case .unknown: return "not known, for the kernel can't be asked (as root it can)"
    case .held(let element, let left):
      let end = Duration(seconds: Int64(left / 1000)).text
      return "the kernel drops new connections of \(String(element.text)), for \(end) more"
    case .clear: return isBlocked ? "not in the kernel: " + reason : "not in the kernel"
    }
  }

  /// Why a host that is blocked isn't there.
  private var reason: String {
    guard case .running(let state) = presence else { return "abld doesn't run" }
    guard state.isFirewallOn else { return "firewall = off" }
    if !state.trouble.isEmpty { return String(state.trouble) }
    return
      "its service has no known port, it is never blocked there, or there was no room; see docs/abld.md"
  }
}
