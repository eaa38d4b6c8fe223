internal import BlockList
internal import CLinux
internal import Courier
internal import Orders
internal import Platform
internal import Policy
internal import Sharing
internal import Text
internal import Upkeep

/// Shares with other machines as long as abld runs, if /etc/abl/fleet.conf is there.
final class FleetCarrier {
  private let file, run: Path
  private let link: FleetLink
  private let tell: Telling
  private var member: FleetMember?
  /// By what it began: a reload that changes nothing of it doesn't begin anew.
  private var basis: (fleet: String?, configuration: UInt64)?
  /// Nil if the system has no more watches.
  private var watch: AdviceWatch?
  /// While there is nothing to do: until one of them holds.
  private var idle: FleetLists?

  /// - Parameters:
  ///   - file: of abld's settings, which say where the others are.
  ///   - run: the directory in which abld tells of itself.
  init(settings file: Path, in run: Path, _ link: FleetLink, _ tell: @escaping Telling) {
    (self.file, self.run, self.link, self.tell) = (file, run, link, tell)
  }

  func work() {
    begin()
    while !link.isOver {
      let finding = wait()
      if link.takeReload() || isIdleOver() { begin() }
      member?.work(at: clinux_milliseconds(), finding)
    }
    member?.end()
  }

  private func begin() {
    let settings = LoadedSettings(file: file).settings
    let loaded = LoadedConfiguration(file: settings.moduleConfiguration)
    let home = Path(loaded.configuration.databaseHome.bytes)
    let text = text(of: settings.fleet)
    if member != nil, let basis, basis.fleet == text, basis.configuration == loaded.number {
      return
    }
    member?.end()
    member = nil
    link.setCounting(false)
    link.advise([])
    basis = (text, loaded.number)
    watch = AdviceWatch(in: home)
    let name = String(decoding: settings.fleet.text.bytes, as: UTF8.self)
    let configuration = text.flatMap { parsed($0, name) }
    let lists = FleetLists(in: home, tell, at: FleetMember.now, clinux_milliseconds())
    let isIdle = configuration == nil && lists.holding(at: FleetMember.now).isEmpty
    idle = isIdle ? lists : nil
    if isIdle { return FleetStore.remove(in: home) }
    let tell = tell
    let blockList = BlockList(loaded.configuration) { urgency, text in
      tell(urgency == .error ? .error : .notice, text)
    }
    do throws(FleetMember.Unable) {
      member = try FleetMember(configuration, blockList, lists, home: home, run: run, link, tell)
    } catch { complain(error.message) }
  }

  /// Whether a list holds by now, where none did.
  private func isIdleOver() -> Bool {
    let now = FleetMember.now
    idle?.refresh(at: now, clinux_milliseconds())
    return idle?.holding(at: now).isEmpty == false
  }

  private func parsed(_ text: String, _ file: String) -> FleetConfiguration? {
    do throws(FleetConfigurationError) {
      return try FleetConfiguration(parsing: text, file: file)
    } catch {
      for message in error.messages { complain(message) }
      return nil
    }
  }

  private func complain(_ message: String) {
    tell(.error, Text(Array("this machine shares with no other one: \(message)".utf8)))
  }

  /// Nil if there is no such file, or none that is to be trusted.
  private func text(of path: Path) -> String? {
    do throws(SystemError) {
      let file = try File(path, .readLinked)
      let status = try file.status
      guard status.kind == .regular, status.isTrustworthy else {
        complain("'\(path.text)' must be a file that root owns and nobody else may write to")
        return nil
      }
      return String(decoding: try file.read(min(status.size, 1 << 20)), as: UTF8.self)
    } catch {
      if !error.isAbsence { tell(.error, error.message) }
      return nil
    }
  }

  /// Until there is something to do; what may have changed meanwhile.
  private func wait() -> AdviceWatch.Finding {
    let descriptors = [(link.news, false)] + (watch.map { [($0.descriptor, false)] } ?? [])
    var waits = (descriptors + (member?.descriptors ?? [])).map { descriptor, isWriting in
      pollfd(
        fd: descriptor, events: Int16(isWriting ? POLLIN | POLLOUT : POLLIN), revents: 0)
    }
    let count = unsafe poll(&waits, nfds_t(waits.count), pause)
    // Before any of what it tells of is taken: what comes from here on wakes it anew.
    clinux_event_clear(link.news)
    var finding = watch?.read() ?? []
    if link.takeStep() { finding.insert(.lists) }
    // What isn't heard of is looked at.
    if count == 0, watch?.isComplete != true {
      watch?.renew()
      finding.insert(.lists)
    }
    return finding
  }

  /// In milliseconds; -1 is for ever.
  private var pause: CInt {
    let clock = clinux_milliseconds()
    let lists = idle?.delay(at: clock) ?? .max
    let blind: Int64 = watch?.isComplete == true ? .max : 2000
    let pause = min(member?.delay(at: clock) ?? lists, blind)
    return pause == .max ? -1 : CInt(clamping: pause)
  }
}

/// When this machine's log began, for others: later than any that it had before.
enum FleetEpoch {
  private static let name: Path = "fleet-epoch"

  /// Stored before it is used.
  static func next(in home: Path) throws(SystemError) -> UInt64 {
    let directory = try File.directory(creating: home)
    let old = try? File(name, in: directory, .read).read(20)
    let previous = old.flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    let nanoseconds = UInt64(clamping: clinux_wall_milliseconds()) * 1_000_000
    let epoch = OriginLog.epoch(after: previous, nanoseconds: nanoseconds)
    let draft: Path = "fleet-epoch.new"
    try directory.remove(draft)
    let file = try File(draft, in: directory, .readWrite, creating: true)
    try file.write(Array(String(epoch).utf8), at: 0)
    try file.synchronizeData()
    try directory.rename(draft, to: name)
    return epoch
  }
}

/// Whose processes may be the courier.
enum CourierAccount {
  static let name = "abl"

  /// Root, and the user `abl` if there is one.
  static var users: Set<UInt32> {
    let found = unsafe clinux_user(name)
    return found > 0 ? [0, UInt32(truncatingIfNeeded: found)] : [0]
  }
}
