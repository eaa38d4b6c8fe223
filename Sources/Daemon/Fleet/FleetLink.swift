internal import CLinux
internal import Firewall
internal import Sharing
internal import Synchronization

/// What abld's own thread and that of the fleet hand each other. Neither ever waits for the other, so
/// nothing that comes from the network holds up a block of this machine.
final class FleetLink: Sendable {
  /// What the fleet's thread has to know of this machine.
  struct Machine: Equatable, Sendable {
    /// What is blocked on this machine's own evidence, and on nothing else.
    var blocks: [Record] = []
    /// What an allow list has, and what is this machine's own, its gateway's or the like.
    var allowed: [Sharing.Prefix] = []
    var own: [Sharing.Prefix] = []
  }

  private struct Content {
    var machine: Machine?
    var advice: [Candidate] = []
    /// How many looks at the store there were, and whether the fleet's thread wants to hear of each.
    var looks = 0
    var isCounting = false
    var isReloadWanted = false
    var hasStepped = false
    var isOver = false
  }

  private let content = Mutex(Content())
  /// Readable when there is something for the fleet's thread, and for abld's own.
  let (news, reply) = (clinux_event(), clinux_event())

  deinit {
    close(news)
    close(reply)
  }

  // MARK: abld's own thread

  func hand(_ machine: Machine) {
    let isNew = content.withLock { content in
      guard content.machine != machine else { return false }
      content.machine = machine
      return true
    }
    if isNew { clinux_event_raise(news) }
  }

  /// The store may have something new; failures that waited for it are there.
  func noteLook() {
    let isCounting = content.withLock { content in
      content.looks &+= 1
      return content.isCounting
    }
    if isCounting { clinux_event_raise(news) }
  }

  /// What the fleet advises the kernel to hold, the weightiest first.
  var advice: [Candidate] { content.withLock { $0.advice } }

  func clearReply() { clinux_event_clear(reply) }

  func reload() {
    content.withLock { $0.isReloadWanted = true }
    clinux_event_raise(news)
  }

  /// The wall clock isn't what it was, and what is to be at a time isn't either.
  func noteStep() {
    content.withLock { $0.hasStepped = true }
    clinux_event_raise(news)
  }

  func end() {
    content.withLock { $0.isOver = true }
    clinux_event_raise(news)
  }

  // MARK: The fleet's thread

  var machine: Machine? { content.withLock { $0.machine } }

  func advise(_ advice: [Candidate]) {
    content.withLock { $0.advice = advice }
    clinux_event_raise(reply)
  }

  /// How many looks at the store there were.
  var looks: Int { content.withLock { $0.looks } }

  func setCounting(_ isCounting: Bool) { content.withLock { $0.isCounting = isCounting } }

  var isOver: Bool { content.withLock { $0.isOver } }

  func takeStep() -> Bool {
    content.withLock { content in
      defer { content.hasStepped = false }
      return content.hasStepped
    }
  }

  func takeReload() -> Bool {
    content.withLock { content in
      defer { content.isReloadWanted = false }
      return content.isReloadWanted
    }
  }
}
