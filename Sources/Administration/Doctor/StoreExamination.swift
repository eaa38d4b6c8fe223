internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// What the store of a configuration tells.
struct StoreExamination {
  private(set) var findings: [Finding] = []

  init(_ configuration: Configuration, _ files: MachineFiles) {
    var configuration = configuration
    configuration.databaseHome = Name(files.path(configuration.databaseHome.bytes).bytes)
    configuration.runHome = Name(files.path(configuration.runHome.bytes).bytes)
    // To look must not make a store.
    let home = Path(configuration.databaseHome.bytes)
    do throws(SystemError) {
      let directory = try File(home, .linkedDirectory)
      _ = try directory.status(of: "data.mdb")
    } catch {
      if error.isRefusal { findings = [Self.trouble(.system(error), files)] }
      return
    }
    let blockList = BlockList(configuration)
    do {
      _ = try blockList.checkStore()
      findings = try Self.suspicions(blockList, .now)
      let decrees = DecreeExamination(try blockList.decrees(at: .now), configuration, at: .now)
      findings += decrees.findings(
        files.isHere ? DecreeExamination.Vital.here : [], files.isHere ? [Audit.name] : [])
    } catch let error as StoreError {
      findings = [Self.trouble(error, files)]
    } catch {
      findings = []
    }
  }

  private static func trouble(_ error: StoreError, _ files: MachineFiles) -> Finding {
    let message = files.unrooted(String(error.message))
    if error.isRefused, !Terminal.isRoot {
      return Finding(
        .note, .storeUnread, "the store was not looked at: " + message, "run this as root")
    }
    let isDamage = if case .system = error { false } else { true }
    return isDamage
      ? Finding(
        .doubt, .storeDamaged, message,
        "the next login moves the store aside and makes a new one; docs/store.md says more")
      : Finding(.doubt, .storeUnread, message, "ablctl store says more")
  }

  private static func suspicions(_ blockList: BlockList, _ now: Timestamp) throws -> [Finding] {
    var (all, ofLoopback) = (0, 0)
    var newest: Timestamp?
    try SummaryListing(blockList, .host, now).forEachSubject { subject in
      all += subject.summary.failureCount
      if subject.subject?.isLoopback == true { ofLoopback += subject.summary.failureCount }
      if let last = subject.summary.newest { newest = max(newest ?? last, last) }
    }
    var findings: [Finding] = []
    if let newest, newest.interval(since: now) > 60 {
      var local = LocalTime()
      findings.append(
        Finding(
          .doubt, .clock,
          "an attempt on record is of \(local(newest).text), which is still to come",
          "set the clock; timedatectl shows it"))
    }
    if all >= 10, 2 * ofLoopback > all {
      findings.append(
        Finding(
          .doubt, .loopback,
          "\(ofLoopback) of \(all) failures on record came from this machine's own address: from a proxy?",
          "have it tell the address of its client; docs/services.md says how"))
    }
    return findings
  }
}

extension Subject {
  /// This machine's own address.
  var isLoopback: Bool {
    host != nil && (name.hasPrefix("127.") || name == "::1" || name == "localhost")
  }
}
