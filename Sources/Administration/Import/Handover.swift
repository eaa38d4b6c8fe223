internal import BlockList
internal import Policy
internal import Upkeep

/// What another program's files say that abl can say, too, and what of them can't be carried over.
struct Handover {
  /// A line for the configuration, which is printed and nowhere written.
  struct Setting: Equatable {
    let key: StaticString
    let value: String
    /// What it means, and how that differs from what it meant; sentences.
    let meaning: [String]

    static func == (one: Setting, other: Setting) -> Bool {
      "\(one.key)" == "\(other.key)" && one.value == other.value && one.meaning == other.meaning
    }
  }

  /// A place in a file that can't be carried over.
  struct Leftover: Equatable {
    /// As it may be printed.
    let file: String
    /// From 1; nil if the file as a whole is meant.
    let line: Int?
    /// As it may be printed.
    let what: String
    let why: String

    /// `/etc/hosts.allow:3: '.example.org': hosts are addresses here`
    var sentence: String {
      let place = line.map { "\(file):\($0)" } ?? file
      return what.isEmpty ? "\(place): \(why)" : "\(place): \(what): \(why)"
    }
  }

  /// As messages name it: `DenyHosts`.
  let program: String
  private(set) var settings: [Setting] = []
  private(set) var orders: [DecreeOrder] = []
  private(set) var histories: [ImportedHistory] = []
  private(set) var leftovers: [Leftover] = []
  /// How many more there were: a file may be all nonsense.
  private(set) var untold = 0
  /// Whether something is wrong with what was read, rather than unknown here.
  private(set) var isDamaged = false

  private static let mostLeftovers = 1000
  /// An allow is looked for in all that is on record, so there may be fewer of them.
  private static let most = (blocks: 100_000, allows: 10_000)
  private var (blocks, allows) = (0, 0)

  init(_ program: String) { self.program = program }

  mutating func set(_ key: StaticString, _ value: String, _ meaning: [String]) {
    settings.append(Setting(key: key, value: value, meaning: meaning))
  }

  mutating func add(_ history: ImportedHistory) { histories.append(history) }

  /// Takes over a decree; those beyond a bound are left, and told once.
  ///
  /// - Parameter place: where it stands.
  mutating func add(_ order: DecreeOrder, from place: FilePlace) {
    let isAllow = order.kind == .allow
    let count = isAllow ? allows : blocks
    let most = isAllow ? Self.most.allows : Self.most.blocks
    if isAllow { allows += 1 } else { blocks += 1 }
    guard count < most else {
      if count == most { leave(place, [], "no more than \(most) are taken over of one file") }
      return
    }
    orders.append(order)
  }

  /// Tells of what can't be carried over.
  mutating func leave(_ place: FilePlace, _ what: some Sequence<UInt8>, _ why: String) {
    guard leftovers.count < Self.mostLeftovers else {
      untold += 1
      return
    }
    let shown = Array(what.prefix(Self.mostShown + 1))
    let name = Name(Array(shown.prefix(Self.mostShown))).quoted
    let text = shown.isEmpty ? "" : name + (shown.count > Self.mostShown ? "…" : "")
    leftovers.append(Leftover(file: place.file, line: place.line, what: text, why: why))
  }

  /// Tells of what should not be as it is.
  mutating func complain(_ place: FilePlace, _ what: some Sequence<UInt8>, _ why: String) {
    isDamaged = true
    leave(place, what, why)
  }

  private static let mostShown = 80
}

extension Output {
  /// Says what can't be carried over: on standard error, or as JSON among the rest.
  ///
  /// - Parameter untold: how many more there were.
  mutating func tell(_ leftovers: [Handover.Leftover], untold: Int, isJSON: Bool) throws {
    for leftover in leftovers {
      if isJSON {
        try add(bytes: leftover.object)
      } else {
        complain("not carried over: " + leftover.sentence)
      }
    }
    if untold > 0 { complain("\(untold) more can't be carried over") }
  }
}

extension Handover.Leftover {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    object.set("type", "left")
    object.set("file", file)
    object.set("line", line)
    object.set("text", what.isEmpty ? nil : what)
    object.set("why", why)
    return object.line()
  }
}

/// Where something stands.
struct FilePlace {
  /// As it may be printed.
  let file: String
  let line: Int?
}
