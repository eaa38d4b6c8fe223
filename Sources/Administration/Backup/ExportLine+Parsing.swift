internal import BlockList
internal import Policy
internal import Upkeep

extension ExportLine {
  /// What a line of an export says.
  enum Content {
    case subject(StoredSubject)
    case decree(DecreeOrder)
    case end(subjects: Int, attempts: Int, decrees: Int)
  }

  /// Reads the first line.
  ///
  /// - Returns: the version of the format, nil if this isn't an export; and what the store
  ///   remembered of the clock.
  static func readHead(
    _ text: ArraySlice<UInt8>
  ) throws(JSONError) -> (version: Int?, clock: ClockMemory?) {
    var (isOurs, version): (Bool, Int?) = (false, nil)
    var clock: ClockMemory?
    var scanner = JSONScanner(text)
    try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
      switch String(decoding: key, as: UTF8.self) {
      case "format": isOurs = try scanner.readString().elementsEqual(format.utf8)
      case "version": version = try scanner.readCount()
      case "clock": clock = try scanner.readNullable { (s) throws(JSONError) in try s.readClock() }
      default: try scanner.skipValue()
      }
    }
    return (isOurs ? version : nil, clock)
  }

  /// Reads any other line that isn't blank.
  static func read(_ text: ArraySlice<UInt8>) throws(JSONError) -> Content {
    var line = Members()
    var scanner = JSONScanner(text)
    try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
      try line.read(String(decoding: key, as: UTF8.self), &scanner)
    }
    if line.isEnd {
      return .end(
        subjects: line.subjects, attempts: line.attemptCount, decrees: line.decrees)
    }
    let start = text.startIndex
    if let decree = line.decree { return .decree(try line.order(decree, at: start)) }
    guard let kind = line.kind else {
      throw JSONError(offset: start, message: "'kind' is missing")
    }
    guard let name = line.name else { throw JSONError(offset: start, message: "'name' is missing") }
    guard let attempts = line.attempts else {
      throw JSONError(offset: start, message: "'attempts' is missing")
    }
    var stored = StoredSubject(try subject(kind, name), attempts: attempts)
    (stored.isBlocked, stored.isEvictedLast) = (line.isBlocked, line.isEvictedLast)
    (stored.due, stored.aheadSince) = (line.due, line.aheadSince)
    (stored.lastLogin, stored.series) = (line.lastLogin, line.series)
    return .subject(stored)
  }

  /// The subject that is spelled `name`.
  static func subject(_ kind: SubjectKind, _ name: ArraySlice<UInt8>) throws(JSONError) -> Subject {
    let subject: Subject? =
      switch kind {
      case .host: Spelling.host(name).map { .host($0) }
      case .user: Spelling.name(name).map { .user($0) }
      case .network: Network(written: Name(name)).map { .network($0) }
      case .home: Spelling.home(name)
      case .caller: UInt32(String(decoding: name, as: UTF8.self)).map { .caller($0) }
      }
    guard let subject else { throw JSONError(offset: 0, message: "no subject can have this name") }
    return subject
  }
}

extension JSONScanner {
  fileprivate mutating func readDecreeKind() throws(JSONError) -> Decree.Kind {
    let start = offset
    let word = String(decoding: try readString(), as: UTF8.self)
    guard let kind = Decree.Kind.allCases.first(where: { $0.word == word }) else {
      throw error("expected 'allow' or 'block'", at: start)
    }
    return kind
  }

  fileprivate mutating func readText() throws(JSONError) -> Name {
    let start = offset
    guard let text = Spelling.name(try readString()) else {
      throw error("a backslash that begins nothing", at: start)
    }
    return text
  }
}

extension Members {
  /// The decree that was read.
  func order(_ decree: Decree.Kind, at start: Int) throws(JSONError) -> DecreeOrder {
    guard let kind else { throw JSONError(offset: start, message: "'kind' is missing") }
    guard let name else { throw JSONError(offset: start, message: "'name' is missing") }
    guard let made else { throw JSONError(offset: start, message: "'made' is missing") }
    guard let target = try Self.target(kind, name) else {
      throw JSONError(offset: start, message: "this name is no \(kind)'s")
    }
    var order = DecreeOrder(
      decree, target, until: until ?? .never, by: by, reason: reason, at: made)
    (order.hits, order.lastHit) = (hits, lastHit)
    return order
  }

  private static func target(
    _ kind: SubjectKind, _ name: ArraySlice<UInt8>
  ) throws(JSONError) -> AllowList.Entry? {
    switch kind {
    case .network: return TypedName(Array(name))?.network
    case .user: return Spelling.name(name).map { .user($0) }
    case .host:
      switch Spelling.host(name) {
      case .address(let address): return .network(Network(whole: address))
      case .name(let name): return .host(name)
      case .network, nil: return nil
      }
    case .home, .caller: return nil
    }
  }
}

/// What was read of a line so far.
private struct Members {
  var (kind, name): (SubjectKind?, ArraySlice<UInt8>?)
  var decree: Decree.Kind?
  var (made, until, lastHit): (Timestamp?, Timestamp?, Timestamp?)
  var (by, reason): (Name, Name) = ("", "")
  var (hits, decrees) = (0, 0)
  var (isBlocked, isEvictedLast) = (false, false)
  var (due, aheadSince, lastLogin): (Timestamp?, Timestamp?, Timestamp?)
  var series = Series()
  var attempts: [RecordedAttempt]?
  var isEnd = false
  var (subjects, attemptCount) = (0, 0)

  mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONError) {
    switch key {
    case "kind": kind = try scanner.readKind()
    case "decree": decree = try scanner.readDecreeKind()
    case "made": made = try scanner.readTime()
    case "until": until = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
    case "lastHit": lastHit = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
    case "by": by = try scanner.readText()
    case "reason": reason = try scanner.readText()
    case "hits": hits = try scanner.readCount()
    case "decrees": decrees = try scanner.readCount()
    case "name": name = try scanner.readString()
    case "blocked": isBlocked = try scanner.readBool()
    case "evictLast": isEvictedLast = try scanner.readBool()
    case "due": due = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
    case "aheadSince":
      aheadSince = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
    case "lastLogin":
      lastLogin = try scanner.readNullable { (s) throws(JSONError) in try s.readTime() }
    case "blocks": series = try scanner.readSeries()
    case "attempts":
      // The end of an export counts them.
      if scanner.next == UInt8(ascii: "[") {
        var read: [RecordedAttempt] = []
        try scanner.readArray { (s) throws(JSONError) in read.append(try s.readAttempt()) }
        attempts = read
      } else {
        attemptCount = try scanner.readCount()
      }
    case "end": isEnd = try scanner.readBool()
    case "subjects": subjects = try scanner.readCount()
    default: try scanner.skipValue()
    }
  }
}
