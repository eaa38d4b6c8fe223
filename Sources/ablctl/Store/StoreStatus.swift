internal import BlockList
internal import Platform
internal import Policy

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
  var check: StoreCheck?
  /// Why there is no more to say.
  var failure: StoreError?

  /// What is in it.
  struct Count {
    var (hosts, users, blocked) = (0, 0, 0)
    var (attempts, inFlight) = (0, 0)
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
  mutating func look(at now: Timestamp) throws(StoreError) {
    look = try blockList.storeLook()
    var count = Count()
    count.inFlight = try blockList.pending(at: now).count
    var last: SubjectKey?
    while true {
      let chunk = try blockList.chunk(after: last, count: 1000)
      guard let end = chunk.last else { break }
      last = end
      for index in 0..<chunk.count {
        let (key, record) = try chunk.entry(index)
        if let subject = key.subject { count.add(subject, record, blockList.configuration, now) }
      }
    }
    self.count = count
  }
}

extension StoreStatus.Count {
  fileprivate mutating func add(
    _ subject: Subject, _ record: SubjectRecord, _ configuration: Configuration, _ now: Timestamp
  ) {
    if subject.isHost { hosts += 1 } else { users += 1 }
    attempts += record.times.count
    for time in record.times {
      oldest = min(oldest ?? time, time)
      newest = max(newest ?? time, time)
    }
    let standing = configuration.standing(
      of: subject, using: nil, after: record.times(at: now), at: now)
    if standing.block != nil { blocked += 1 }
  }
}
