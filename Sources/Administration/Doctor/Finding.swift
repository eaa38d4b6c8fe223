internal import Policy

/// Something that the doctor has found.
struct Finding {
  let kind: Kind
  let level: Level
  /// The file that it is about, and the line, if it is about one.
  let place: StackPlace?
  /// What, and why; one line.
  let text: String
  /// What to do.
  let advice: String

  enum Level: String, Comparable {
    /// It puts abl out of force.
    case fault
    /// abl is in force, but perhaps not as it is meant.
    case doubt
    /// To know.
    case note

    private var rank: Int { self == .fault ? 0 : self == .doubt ? 1 : 2 }

    static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
  }

  /// The words of docs and of JSON.
  enum Kind: String, CaseIterable {
    case noLine, lineUnused, onlyUnknown
    case behind, judgedBefore, decidedBefore, skipped, unknownBefore
    case controlIgnored, controlPasses, controlRefuses, controlOdd, kindUnserved
    case stackBroken, includeMissing, includeEndless, stackWritable, stackUnread
    case moduleMissing, moduleForeign, moduleDamaged, moduleWritable, libraryMissing
    case configurationMissing, configurationMistakes, argumentMistake, noRule
    case refusesNothing, countsNothing
    case homeWritable, runOnDisk, storeDamaged, storeUnread, clock, loopback
    case counter, directory
    case noPAM, noPasswords, useDNS, sshdLimits, keysUnguarded, hostsDeny
    case trial, trialOver
    case tried, notTried, notCounted, notForgotten
    case decreeWide, decreeShutsOut, decreeIdle, decreeEnds
    case daemon, fleet, rootless
    case unprotected, without
  }

  init(
    _ level: Level, _ kind: Kind, at place: StackPlace? = nil, _ text: String, _ advice: String
  ) {
    (self.level, self.kind, self.place) = (level, kind, place)
    (self.text, self.advice) = (text, advice)
  }

  /// `/etc/pam.d/sshd:3: `, escaped.
  private var shownPlace: String {
    guard let place else { return "" }
    return place.file.harmless + (place.line > 0 ? ":\(place.line): " : ": ")
  }

  func write(to output: inout Output) throws {
    let label = level.rawValue + "  "
    try output.tell(label + (level == .note ? " " : "") + shownPlace + text, indent: 7)
    if !advice.isEmpty { try output.tell("       " + advice, indent: 7) }
  }

  var object: [UInt8] {
    var object = JSONObject()
    object.set("level", level.rawValue)
    object.set("kind", kind.rawValue)
    object.set("file", place?.file.harmless)
    object.set("line", place.flatMap { $0.line > 0 ? $0.line : nil })
    object.set("text", text)
    object.set("advice", advice.isEmpty ? nil : advice)
    return object.line()
  }
}

extension String {
  /// As it may be printed: escaped.
  var harmless: String { Name(Array(utf8)).cell }

  /// As it may stand in a message: in quotes that nothing in it ends.
  var quotedName: String { Name(Array(utf8)).quoted }
}
