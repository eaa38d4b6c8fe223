package import BlockList
package import Platform
package import Policy
internal import Upkeep

/// What ablctl tells, for other programs of this package to tell.
package enum Telling {
  /// As `ablctl status --json`.
  package static func status(
    _ blockList: BlockList, _ config: Path, at now: Timestamp
  ) throws -> [UInt8] {
    let examination = Examination(MachineFiles(), config: config, checkingStore: false)
    return try StatusSummary(blockList, at: now).object(examination)
  }

  /// As `ablctl metrics`.
  package static func metrics(_ blockList: BlockList, at now: Timestamp) throws -> [UInt8] {
    Array((try Measurements(blockList, at: now).text + "\n").utf8)
  }

  /// What is blocked now: `blocks`, and `omitted`, how many there are more.
  package static func blocks(
    _ blockList: BlockList, atMost most: Int, at now: Timestamp
  ) throws -> [UInt8] {
    let blocked = try blockList.blocked(at: now).filter {
      !blockList.configuration.isAllowed($0.subject)
    }
    var object = JSONObject()
    object.set("time", now)
    object.set("blocks", lines: blocked.prefix(most).map { self.object(of: $0) })
    object.set("omitted", max(0, blocked.count - most))
    return object.line()
  }

  /// What is decreed by hand: `decrees`, and `omitted`, how many there are more.
  package static func decrees(
    _ blockList: BlockList, atMost most: Int, at now: Timestamp
  ) throws -> [UInt8] {
    let all = try blockList.decrees(at: now).all
    var object = JSONObject()
    object.set("time", now)
    object.set("decrees", lines: all.prefix(most).map { $0.object.line() })
    object.set("omitted", max(0, all.count - most))
    return object.line()
  }

  /// Makes a decree, logs it, and tells it as `ablctl list decrees --json` does.
  ///
  /// - Parameter seconds: for how long; nil: for ever.
  package static func decree(
    _ kind: Decree.Kind, _ target: AllowList.Entry, seconds: Int64?, reason: Name, by: Name,
    _ blockList: BlockList, at now: Timestamp
  ) throws -> [UInt8] {
    let until = seconds.map { now.adding($0) } ?? .never
    let target = blockList.configuration.counted(target)
    let order = DecreeOrder(kind, target, until: until, by: by, reason: reason, at: now)
    try blockList.decree([order], at: now)
    Audit.tell("\(kind.past) \(target.shown)" + order.tail + ", by \(by.cell)")
    let made = try blockList.decrees(at: now).decree(kind, on: target, at: now)
    return made?.object.line() ?? Array("{}".utf8)
  }

  /// Ends a decree, and logs that; false if there is none.
  package static func end(
    _ kind: Decree.Kind, on target: AllowList.Entry, by: Name, _ blockList: BlockList,
    at now: Timestamp
  ) throws -> Bool {
    let target = blockList.configuration.counted(target)
    guard try !blockList.end(kind, on: [target], at: now).isEmpty else { return false }
    Audit.tell("ended the \(kind.word) of \(target.shown), by \(by.cell)")
    return true
  }

  /// The begin or the end of a block, or what is blocked: as `ablctl events --json`.
  ///
  /// - Parameter reason: why its decree was made, if it is of one: see `BlockList.reasons(of:)`.
  package static func object(of event: Event, because reason: Name? = nil) -> [UInt8] {
    event.object(because: reason).line()
  }

  package static func word(for kind: Event.Kind) -> String { kind.word }
}
