internal import BlockList
internal import Policy

extension JSONScanner {
  mutating func readBool() throws(JSONError) -> Bool {
    let isTrue = next == UInt8(ascii: "t")
    try skip(isTrue ? "true" : "false")
    return isTrue
  }

  /// Reads a number that is whole and not negative.
  mutating func readCount() throws(JSONError) -> Int {
    let start = offset
    guard let count = Int(String(decoding: try readNumber(), as: UTF8.self)), count >= 0 else {
      throw error("expected a whole number", at: start)
    }
    return count
  }

  /// Nil for `null`, else what `read` reads.
  mutating func readNullable<Value>(
    _ read: (inout JSONScanner) throws(JSONError) -> Value
  ) throws(JSONError) -> Value? {
    guard next == UInt8(ascii: "n") else { return try read(&self) }
    try skip("null")
    return nil
  }

  mutating func readClock() throws(JSONError) -> ClockMemory {
    let start = offset
    var (since, seen): (Timestamp?, Timestamp?)
    try readObject { (key, scanner) throws(JSONError) in
      switch String(decoding: key, as: UTF8.self) {
      case "steadySince": since = try scanner.readTime()
      case "lastSeen": seen = try scanner.readTime()
      default: try scanner.skipValue()
      }
    }
    guard let since, let seen else { throw error("a time is missing", at: start) }
    return ClockMemory(steadySince: since, lastSeen: seen)
  }

  mutating func readSeries() throws(JSONError) -> Series {
    let start = offset
    var series = Series()
    try readObject { (key, scanner) throws(JSONError) in
      switch String(decoding: key, as: UTF8.self) {
      case "count": series.count = UInt16(clamping: try scanner.readCount())
      case "begin": series.begin = try scanner.readTime()
      case "end":
        series.end = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
      case "endBefore": series.endBefore = try scanner.readTime()
      case "until": series.until = try scanner.readTime()
      case "seen": series.seen = try scanner.readTime()
      default: try scanner.skipValue()
      }
    }
    guard series.count > 0, series.seen < .never else {
      throw error("'count' or 'seen' is missing", at: start)
    }
    return series
  }

  mutating func readAttempt() throws(JSONError) -> RecordedAttempt {
    let start = offset
    guard next == UInt8(ascii: "{") else { throw error("expected '{'") }
    var (id, time): (UInt64?, Timestamp?)
    var (state, reason) = (RecordedAttempt.State.failed, RecordedAttempt.Reason.authentication)
    var (service, counterpart, port): (Name?, Subject?, UInt16?)
    var isUnknownUser = false
    try readObject { (key, scanner) throws(JSONError) in
      let place = scanner.offset
      switch String(decoding: key, as: UTF8.self) {
      case "id": id = try scanner.readID()
      case "time": time = try scanner.readTime()
      case "state": state = try scanner.readWord { RecordedAttempt.State(word: $0) }
      case "reason": reason = try scanner.readWord { RecordedAttempt.Reason(word: $0) }
      case "service":
        service = Spelling.name(try scanner.readString())
        if service == nil { throw scanner.error("a backslash that begins nothing", at: place) }
      case "unknownUser": isUnknownUser = try scanner.readBool()
      case "port": port = UInt16(exactly: try scanner.readCount())
      case "host": counterpart = try scanner.readSubject(.host) ?? counterpart
      case "user": counterpart = try scanner.readSubject(.user) ?? counterpart
      default: try scanner.skipValue()
      }
    }
    guard let id else { throw error("'id' is missing", at: start) }
    guard let time else { throw error("'time' is missing", at: start) }
    guard let service else { throw error("'service' is missing", at: start) }
    return RecordedAttempt(
      id: id, time: time, state: state, reason: reason, service: service,
      counterpart: counterpart, port: port ?? 0, isUnknownUser: isUnknownUser)
  }

  private mutating func readSubject(_ kind: SubjectKind) throws(JSONError) -> Subject? {
    let start = offset
    return try readNullable { (scanner) throws(JSONError) in
      let name = try scanner.readString()
      do throws(JSONError) { return try ExportLine.subject(kind, name) } catch {
        throw scanner.error(error.message, at: start)
      }
    }
  }

  /// Reads up to 16 hexadecimal digits in a string.
  private mutating func readID() throws(JSONError) -> UInt64 {
    let start = offset
    let digits = try readString()
    guard 1...16 ~= digits.count,
      let id = UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("expected up to 16 hexadecimal digits", at: start) }
    return id
  }

  private mutating func readWord<Value>(_ value: (String) -> Value?) throws(JSONError) -> Value {
    let start = offset
    guard let value = value(String(decoding: try readString(), as: UTF8.self)) else {
      throw error("this word is unknown", at: start)
    }
    return value
  }
}
