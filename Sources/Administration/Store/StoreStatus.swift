internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// How the store is.
struct StoreStatus {
  private let blockList: BlockList
  let path: Path
  /// Nil if there is no file.
  let space: (length: Int, disk: Int)?
  let movedAside: [MovedFile]
  var holders: [ProcessSketch]
  /// Nil if there is no store, or it could not be looked at.
  private(set) var look: StoreLook?
  private(set) var count: Count?
  private(set) var counters: LoginCounters?
  var check: StoreCheck?
  /// Why there is no more to say.
  var failure: StoreError?

  /// What is in it.
  struct Count {
    var kinds = KindCount()
    var blocked = 0
    var inFlight = 0
    /// Those on record: one stands under its host, under its user, and under their network.
    fileprivate var seen: Set<UInt64> = []
    var attempts: Int { seen.count }
    var (oldest, newest): (Timestamp?, Timestamp?)
  }

  /// Looks at what needs no lock.
  init(_ blockList: BlockList) throws(StoreError) {
    self.blockList = blockList
    path = blockList.storePath
    space = try blockList.fileSpace()
    movedAside = try blockList.movedAside()
    holders = try blockList.lockHolders()
  }

  /// Looks at what is in it.
  mutating func look(at now: Timestamp) throws {
    look = try blockList.storeLook()
    var count = Count()
    count.inFlight = try blockList.pending(at: now).count
    let judge = Judge(blockList.configuration, nil, try blockList.decrees(at: now), now)
    try SummaryListing(blockList, nil, now).forEachSubject { subject in
      count.add(subject, isBlocked: judge.standing(of: subject).block != nil)
    }
    self.count = count
    counters = try blockList.counters()
  }
}

extension StoreStatus.Count {
  fileprivate mutating func add(_ subject: SummarizedSubject, isBlocked: Bool) {
    kinds.add(subject.kind)
    if isBlocked { blocked += 1 }
    seen.formUnion(subject.summary.ids)
    if let first = subject.summary.first { oldest = min(oldest ?? first, first) }
    if let last = subject.summary.newest { newest = max(newest ?? last, last) }
  }
}
