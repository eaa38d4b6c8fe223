internal import Policy
internal import Text

/// One attempt of a history in JSON lines: `{"time": 1700000000, "kind": "host", "name":
/// "192.0.2.7"}`.
struct HistoryLine {
  let time: Timestamp
  let kind: SubjectKind
  let name: ArraySlice<UInt8>
  /// What a rule counts.
  let guess: Guess

  /// Reads a line that isn't blank.
  ///
  /// `service` must be a string if it is there: it is the attempt's, and a rule asks for that of
  /// the login it judges. `user` is the one that a host tried. All other keys are
  /// skipped.
  init(parsing line: ArraySlice<UInt8>) throws(JSONError) {
    var (time, kind, name): (Timestamp?, SubjectKind?, ArraySlice<UInt8>?)
    var (isServiceRead, user): (Bool, ArraySlice<UInt8>?) = (false, nil)
    var scanner = JSONScanner(line)
    try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
      if key == Key.time {
        try scanner.checkFirst(time == nil)
        time = try scanner.readTime()
      } else if key == Key.kind {
        try scanner.checkFirst(kind == nil)
        kind = try scanner.readKind()
      } else if key == Key.name {
        try scanner.checkFirst(name == nil)
        name = try scanner.readString()
      } else if key == Key.service {
        try scanner.checkFirst(!isServiceRead)
        isServiceRead = true
        _ = try scanner.readStringOrNull()
      } else if key == Key.user {
        try scanner.checkFirst(user == nil)
        user = try scanner.readStringOrNull()
      } else {
        try scanner.skipValue()
      }
    }
    guard let time else { throw JSONError(offset: line.startIndex, message: "'time' is missing") }
    guard let kind else { throw JSONError(offset: line.startIndex, message: "'kind' is missing") }
    guard let name else { throw JSONError(offset: line.startIndex, message: "'name' is missing") }
    (self.time, self.kind, self.name) = (time, kind, name)
    guess = Guess(time, Tried(Name(bounded: Array(user ?? [])).bytes[...], isUnknown: false))
  }

  /// Nil if the name stands for no subject that the module would count: nothing, or a host
  /// `UNKNOWN`.
  var subject: Subject? {
    let name = Name(bounded: Array(name))
    guard !name.bytes.isEmpty else { return nil }
    return kind == .host ? Host(name.bytes[...]).map { .host($0) } : .user(name)
  }
}

extension HistoryLine {
  /// Words as bytes: there are many lines.
  fileprivate enum Key {
    static let time = Array("time".utf8)[...]
    static let kind = Array("kind".utf8)[...]
    static let name = Array("name".utf8)[...]
    static let service = Array("service".utf8)[...]
    static let user = Array("user".utf8)[...]
  }
}

extension JSONScanner {
  /// Refuses a key that was there before.
  func checkFirst(_ isFirst: Bool) throws(JSONError) {
    guard isFirst else { throw error("this key was there before") }
  }

  /// Nothing if it is null.
  fileprivate mutating func readStringOrNull() throws(JSONError) -> ArraySlice<UInt8> {
    guard next != UInt8(ascii: "n") else {
      try skip("null")
      return []
    }
    return try readString()
  }

  mutating func readKind() throws(JSONError) -> SubjectKind {
    let (start, word) = (offset, try readString())
    for kind in SubjectKind.allCases where word.elementsEqual(kind.text.bytes) { return kind }
    throw error("expected \"host\", \"network\", \"user\", \"home\" or \"caller\"", at: start)
  }

  /// Reads a time: seconds since 1970, or as RFC 3339 has it.
  mutating func readTime() throws(JSONError) -> Timestamp {
    let start = offset
    if next == UInt8(ascii: "\"") {
      if let time = Timestamp(rfc3339: try readString()) { return time }
    } else if let time = Timestamp(unixSeconds: try readNumber()) {
      return time
    }
    throw error("expected a time: seconds since 1970, or \"2026-11-21T04:12:33Z\"", at: start)
  }
}

extension Timestamp {
  /// Reads whole or broken seconds since 1970, rounded down; nil if it is anything else, or beyond
  /// what can be told.
  init?(unixSeconds text: ArraySlice<UInt8>) {
    let isNegative = text.first == UInt8(ascii: "-")
    let whole = text.dropFirst(isNegative ? 1 : 0).prefix { $0.isDigit }
    let fraction = text[whole.endIndex...]
    var value: Int64 = 0
    for digit in whole {
      let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = shifted.addingReportingOverflow(Int64(digit & 15))
      guard !isTooLarge, !overflow else { return nil }
      value = sum
    }
    guard !whole.isEmpty else { return nil }
    let digits = fraction.dropFirst()
    let isFraction = fraction.first == UInt8(ascii: ".") && !digits.isEmpty
    guard fraction.isEmpty || isFraction, digits.allSatisfy({ $0.isDigit }) else { return nil }
    let isWhole = digits.allSatisfy { $0 == UInt8(ascii: "0") }
    self.init(seconds: isNegative ? -value - (isWhole ? 0 : 1) : value)
  }

  /// Reads either of the ways to write a time.
  init?(parsing text: [UInt8]) {
    guard let time = Timestamp(unixSeconds: text[...]) ?? Timestamp(rfc3339: text[...]) else {
      return nil
    }
    self = time
  }
}
