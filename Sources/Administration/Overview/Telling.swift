package import BlockList
package import Platform
package import Policy

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

  /// Who is blocked now: `blocks`, and `omitted`, how many there are more.
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

  /// The begin or the end of a block, or what is blocked: as `ablctl events --json`.
  package static func object(of event: Event) -> [UInt8] { event.object.line() }

  package static func word(for kind: Event.Kind) -> String { kind.word }
}
