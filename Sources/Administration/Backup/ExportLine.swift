internal import BlockList
internal import Policy
internal import Upkeep

/// The lines of an export: a head, the subjects, an end. docs/store.md describes them.
enum ExportLine {
  static let format = "abl export"
  /// What is beyond is not read: a newer version may mean something else.
  static let version = 2
  /// Of an export without decrees, which a version before can read.
  private static let plainVersion = 1

  static func head(at now: Timestamp, _ clock: ClockMemory?, hasDecrees: Bool) -> [UInt8] {
    var object = JSONObject()
    object.set("format", format)
    object.set("version", hasDecrees ? version : plainVersion)
    object.set("exported", now)
    object.set(
      "clock",
      line: clock.map { clock in
        var object = JSONObject()
        object.set("steadySince", exactly: clock.steadySince)
        object.set("lastSeen", exactly: clock.lastSeen)
        return object.line()
      })
    return object.line()
  }

  static func subject(_ stored: StoredSubject) -> [UInt8] {
    var object = JSONObject()
    object.set("kind", stored.subject.kindText)
    object.set("name", name(of: stored.subject))
    object.set("blocked", stored.isBlocked)
    object.set("due", exactly: stored.due)
    object.set("evictLast", stored.isEvictedLast)
    object.set("aheadSince", exactly: stored.aheadSince)
    if stored.lastLogin != nil { object.set("lastLogin", exactly: stored.lastLogin) }
    if stored.series.count > 0 { object.set("blocks", line: blocks(stored.series)) }
    object.set("attempts", lines: stored.attempts.map { attempt($0) })
    return object.line()
  }

  static func decree(_ decree: Decree) -> [UInt8] {
    var object = JSONObject()
    object.set("decree", decree.kind.word)
    object.set("kind", decree.target.kindText)
    object.set("name", name(of: decree.target))
    object.set("made", exactly: decree.made)
    object.set("until", exactly: decree.until.end)
    object.set("by", decree.by.shown)
    object.set("reason", decree.reason.shown)
    object.set("hits", decree.hits)
    object.set("lastHit", exactly: decree.lastHit)
    return object.line()
  }

  private static func name(of target: AllowList.Entry) -> String {
    switch target {
    case .network(let network): String(network.text)
    case .host(let host): Spelling.text(of: .name(host))
    case .user(let name): name.shown
    }
  }

  private static func blocks(_ series: Series) -> [UInt8] {
    var object = JSONObject()
    object.set("count", Int(series.count))
    object.set("begin", exactly: series.begin)
    object.set("end", exactly: series.end)
    object.set("endBefore", exactly: series.endBefore)
    object.set("until", exactly: series.until)
    object.set("seen", exactly: series.seen)
    return object.line()
  }

  private static func attempt(_ attempt: RecordedAttempt) -> [UInt8] {
    var object = JSONObject()
    object.set("id", hexadecimal(attempt.id))
    object.set("time", exactly: attempt.time)
    object.set("state", attempt.state.word)
    object.set("reason", attempt.reason.word)
    object.set("service", attempt.service.shown)
    switch attempt.counterpart {
    case .host?: object.set("host", attempt.counterpart.map { name(of: $0) })
    case .user?: object.set("user", attempt.counterpart.map { name(of: $0) })
    // No attempt has another side of these kinds.
    case .network?, .home?, .caller?, nil: break
    }
    if attempt.port != 0 { object.set("port", Int(attempt.port)) }
    if attempt.isUnknownUser { object.set("unknownUser", true) }
    return object.line()
  }

  /// - Parameter decrees: are named if there are any.
  static func end(subjects: Int, attempts: Int, decrees: Int = 0) -> [UInt8] {
    var object = JSONObject()
    object.set("end", true)
    object.set("subjects", subjects)
    object.set("attempts", attempts)
    if decrees > 0 { object.set("decrees", decrees) }
    return object.line()
  }

  private static func name(of subject: Subject) -> String {
    switch subject {
    case .host(let host): Spelling.text(of: host)
    case .user(let name): name.shown
    case .network, .home, .caller: subject.name
    }
  }

  /// 16 digits.
  private static func hexadecimal(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

extension JSONObject {
  /// A time as RFC 3339 has it, or in seconds since 1970 if it is beyond the year 9999.
  fileprivate mutating func set(_ key: StaticString, exactly time: Timestamp?) {
    guard let time, CivilTime.canShow(time) else { return set(key, time.map { Int($0.seconds) }) }
    set(key, time)
  }
}
