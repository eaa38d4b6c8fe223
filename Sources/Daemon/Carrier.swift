internal import BlockList
internal import CLinux
internal import DenyList
internal import Firewall
public import Platform
internal import Policy
internal import Text
internal import Upkeep

/// Carries blocks from the store into the kernel, as long as it runs. It has a thread of its own, and
/// nothing else that the daemon does makes it wait.
///
/// Each look compares all that is with all that should be: it may have missed any number of changes.
@safe public final class Carrier {
  let file: Path
  let wakeUp: WakeUp
  let tell: Telling
  let manager = ServiceManager()
  let directory: RunDirectory?
  let epoll: CInt

  var settings = Settings()
  var loaded: LoadedConfiguration?
  var present: (any Present)?
  var storeWatch: StoreWatch?
  var isStoreWatched = false
  private var isFullLookWanted = true
  let firewall: FirewallLayer
  var isFirewallWatched = false
  let listFile: ListFileLayer
  private var surroundings: Surroundings?
  private var neighbourhood = Neighbourhood()
  var schedule = Schedule()
  private var storeRetry = Retry()
  private let fleet: FleetLink
  /// By the last look.
  private var hosts: [BlockedHost] = []
  private var allowedByHand: [Prefix] = []
  var state = PublishedState()
  /// Why the store, the module's configuration, or the file of the state can't be used, if so.
  var (storeTrouble, unread, untold): (Text, Text, Text) = ("", "", "")
  /// What the store had to complain of in the look before, and in this one.
  var (complaintsBefore, complaints): ([Text], [Text]) = ([], [])
  /// Whether the configuration is to be taken even if it is as it was.
  var isReloaded = false
  private var clockOffset: Int64 = 0

  /// How it ended.
  public enum Ending: Sendable {
    case asked
    /// Another one runs.
    case occupied
  }

  /// Carries blocks until it is asked to stop, on the thread that calls this.
  ///
  /// - Parameters:
  ///   - file: of its settings.
  ///   - run: the directory in which it tells of itself.
  ///   - onBegin: is called once it is clear that no other one runs.
  public static func run(
    settings file: Path, in run: Path = RunDirectory.standard, _ wakeUp: WakeUp,
    onBegin: () -> Void = {}, _ tell: @escaping Telling
  ) -> Ending {
    var directory: RunDirectory?
    do throws(SystemError) {
      directory = try RunDirectory(taking: run)
      guard directory != nil else { return .occupied }
    } catch {
      tell(.error, "\(error.message); ablctl can't tell what abld does")
    }
    onBegin()
    let fleet = FleetLink()
    let thread = OwnThread { FleetCarrier(settings: file, in: run, fleet, tell).work() }
    Carrier(settings: file, in: directory, fleet, wakeUp, tell).run()
    fleet.end()
    thread.join()
    return .asked
  }

  private init(
    settings file: Path, in directory: RunDirectory?, _ fleet: FleetLink, _ wakeUp: WakeUp,
    _ tell: @escaping Telling
  ) {
    (self.file, self.wakeUp, self.tell, self.directory) = (file, wakeUp, tell, directory)
    self.fleet = fleet
    epoll = clinux_epoll()
    firewall = FirewallLayer(tell)
    listFile = ListFileLayer(tell)
    _ = clinux_epoll_add(epoll, wakeUp.descriptor)
    _ = clinux_epoll_add(epoll, fleet.reply)
  }

  deinit { close(epoll) }

  private func run() {
    begin()
    manager.tellReady()
    while true {
      let requests = wait()
      if requests.contains(.stop) { break }
      if requests.contains(.reload) {
        reload()
        fleet.reload()
      }
      work()
    }
    manager.tellStopping()
    firewall.end(clearing: settings.clearsAtStop)
    listFile.end()
    state.blocks = settings.clearsAtStop ? 0 : firewall.count
    publish()
  }

  // MARK: Waiting

  private func wait() -> WakeUp.Requests {
    var ready = [CInt](repeating: 0, count: 8)
    let due = min(schedule.next, firewall.due ?? .max, listFile.due ?? .max)
    let pause = max(0, min(due - clinux_milliseconds(), 60_000))
    let count = unsafe ready.withUnsafeMutableBufferPointer {
      unsafe clinux_epoll_wait(epoll, $0.baseAddress, CInt(clamping: pause))
    }
    var requests: WakeUp.Requests = []
    for descriptor in ready.prefix(Int(count)) {
      if descriptor == wakeUp.descriptor { requests.formUnion(wakeUp.take()) }
      if descriptor == storeWatch?.descriptor { hearOfStore() }
      if descriptor == firewall.watch?.descriptor { schedule.check = 0 }
      if descriptor == surroundings?.descriptor { hearOfSurroundings() }
      if descriptor == fleet.reply { hearOfFleet() }
    }
    return requests
  }

  private func hearOfStore() {
    guard let finding = storeWatch?.read() else { return }
    if finding.contains(.gone) { isStoreWatched = false }
    if !finding.isDisjoint(with: [.gone, .overflow, .replaced]) { isFullLookWanted = true }
    if !finding.isEmpty { schedule.look(after: Schedule.coalescing) }
  }

  private func hearOfSurroundings() {
    surroundings?.drain()
    schedule.refresh = min(schedule.refresh, clinux_milliseconds() + 100)
  }

  /// Before the first look the kernel keeps what it has.
  private func hearOfFleet() {
    fleet.clearReply()
    if state.looked > 0 { schedule.carry = 0 }
  }

  // MARK: Working

  private func begin() {
    clockOffset = Self.offset
    state.process = getpid()
    state.started = Moment.now.milliseconds / 1000
    take(LoadedSettings(file: file), isFirst: true)
    refresh()
    look()
  }

  private func work() {
    let clock = clinux_milliseconds()
    manager.keepAlive(clock, &schedule)
    watchClock(clock)
    schedule.settle(at: clock)
    if clock >= schedule.refresh { refresh() }
    if clock >= schedule.renewal { renew(clock) }
    if clock >= schedule.look { look() } else if clock >= schedule.carry { carry() }
    listFile.settle(at: .now, clock)
    let isDue = firewall.due.map { clock >= $0 } ?? false
    guard clock >= schedule.check || isDue else { return }
    schedule.check = clock + 1000
    if settings.firewall {
      firewall.check(at: .now, clock)
      watchFirewall()
    }
    publish()
  }

  /// The kernel's time-outs run by another clock: after a step of the wall clock they are wrong.
  private func watchClock(_ clock: Int64) {
    let offset = Self.offset
    guard abs(offset - clockOffset) > 2000 else { return }
    tell(.notice, "the clock has stepped by \(Text((offset - clockOffset) / 1000)) s")
    clockOffset = offset
    firewall.renewTimes(at: .now, clock)
    fleet.noteStep()
    isFullLookWanted = true
    schedule.look(after: 0)
  }

  private static var offset: Int64 { Moment.now.milliseconds - clinux_milliseconds() }

  private func renew(_ clock: Int64) {
    schedule.renewal = clock + 3_600_000
    firewall.renewTimes(at: .now, clock)
  }

  func refresh() {
    schedule.refresh = .max
    do throws(FirewallError) {
      try neighbourhood.refresh(try watchedSurroundings())
    } catch {
      tell(.error, error.message)
      schedule.refresh = clinux_milliseconds() + 10_000
    }
    schedule.look(after: 0)
  }

  private func watchedSurroundings() throws(FirewallError) -> Surroundings {
    if let surroundings { return surroundings }
    let surroundings = try Surroundings()
    _ = clinux_epoll_add(epoll, surroundings.descriptor)
    self.surroundings = surroundings
    return surroundings
  }

  func look() {
    let begun = clinux_milliseconds()
    (complaintsBefore, complaints) = (complaints, [])
    readConfiguration()
    watchStore()
    do throws(StoreError) {
      guard let present else { return waitForConfiguration(begun) }
      let isFull = isFullLookWanted || begun >= schedule.fullLook
      let now = Timestamp(seconds: Clock.now)
      let blocks = try present.blockedHosts(at: now, isFull: isFull)
      (hosts, allowedByHand) = (blocks.hosts, blocks.allowed)
      carry()
      if isFull { schedule.fullLook = begun + Schedule.fullLookInterval }
      isFullLookWanted = false
      fleet.noteLook()
      noteStore(nil)
      storeRetry = Retry()
      schedule.looked(begun)
      if let change = blocks.change {
        schedule.look(after: 1000 * min(max(change.interval(since: now), 0), 86_400))
      }
    } catch {
      noteStore(error.message)
      storeRetry.fail(begun, isLasting: false)
      schedule.look = storeRetry.due
    }
    if !isStoreWatched {
      isFullLookWanted = true
      schedule.look(after: storeWatch == nil ? 50 : 1000)
    }
    publish()
  }

  private func carry() {
    schedule.carry = .max
    let protection = neighbourhood.protection(settings, loaded?.configuration ?? Configuration())
    let free = allowedByHand
    let advice = fleet.advice.filter { advice in
      !free.contains { $0.contains(advice.prefix) || advice.prefix.contains($0) }
    }
    let candidates = Candidates(hosts, settings, vital: protection.vital, advice: advice)
    fleet.hand(FleetLink.Machine(hosts, protection, allowedByHand: free))
    let wanted = Wanted(candidates.all, protection, at: .now, most: settings.most)
    state.advised = candidates.advised
    (state.leftOut, state.exempt) = (wanted.leftOut, wanted.exempt)
    state.portless = candidates.portless
    state.looked = Clock.now
    list(hosts, protection)
    guard settings.firewall else { return }
    firewall.hold(wanted, layout(protection), at: .now, clinux_milliseconds())
    watchFirewall()
  }

  private func list(_ hosts: [BlockedHost], _ protection: Protection) {
    guard settings.listFile != nil else { return }
    let candidates = Candidates(listing: hosts, protection, allowedByHand: allowedByHand)
    let list = DenyList(candidates.all, protection, at: .now)
    listFile.hold(list, at: .now, clinux_milliseconds())
  }

  private func layout(_ protection: Protection) -> Layout {
    var layout = Layout()
    layout.allowed = Set(protection.vital + protection.allowed).filter { $0.length > 0 }.sorted()
    layout.log = settings.log
    layout.rate = settings.rate
    layout.ratePorts = settings.rate == nil ? [] : settings.servicePorts.all
    return layout
  }
}

extension ServiceManager {
  /// Feeds the watchdog, if it is time to.
  fileprivate func keepAlive(_ clock: Int64, _ schedule: inout Schedule) {
    guard let interval = watchdogInterval, clock >= schedule.sign else { return }
    tellAlive()
    schedule.sign = clock + interval
  }
}
