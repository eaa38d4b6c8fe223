internal import BlockList
internal import Policy
internal import Upkeep

/// Carries a handover out, a hundred decrees or histories in one transaction, and tells all of it.
struct HandoverClerk {
  private let blockList: BlockList
  private let handover: Handover
  private let isDry: Bool
  private let isJSON: Bool
  private let now = Timestamp.now
  private var local = LocalTime()
  /// Blocks and allows that were made, and attempts that are new.
  private var (blocks, allows, attempts) = (0, 0, 0)
  /// What of it was there before.
  private var known = 0
  private var leftovers: [Handover.Leftover]
  private var untold: Int

  init(_ blockList: BlockList, _ handover: Handover, isDry: Bool, isJSON: Bool) {
    (self.blockList, self.handover) = (blockList, handover)
    (self.isDry, self.isJSON) = (isDry, isJSON)
    (leftovers, untold) = (handover.leftovers, handover.untold)
  }

  /// - Throws: `Failure` if the store has no more room; it says how much was taken over by then.
  mutating func work(_ output: inout Output) throws {
    for setting in handover.settings { try tell(setting, &output) }
    let orders = try wanted()
    // Also what is taken over before the store is full is told, and logged.
    do {
      for start in stride(from: 0, to: orders.count, by: Pardon.batch) {
        try make(Array(orders[start...].prefix(Pardon.batch)), &output)
      }
      let histories = handover.histories
      for start in stride(from: 0, to: histories.count, by: Pardon.batch) {
        try add(Array(histories[start...].prefix(Pardon.batch)), &output)
      }
    } catch let error as StoreError where error.isFull {
      try finish(&output)
      throw Failure(message: error.advice + "; \(done) are taken over so far")
    }
    try finish(&output)
  }

  /// What is still to be decreed: each target once, and nothing that a person has decreed here.
  private mutating func wanted() throws -> [DecreeOrder] {
    let book = try blockList.decrees(at: now)
    let guarded = HandoverGuard(blockList.configuration, book, handover.orders)
    return distinct().filter { order in
      if let why = guarded.objection(to: order) {
        leave(order, why)
        return false
      }
      guard let held = book.decree(order.kind, on: order.target, at: now), !order.renews(held)
      else { return true }
      known += 1
      return false
    }
  }

  /// Of several on one target that which ends last.
  private func distinct() -> [DecreeOrder] {
    var places: [[UInt8]: Int] = [:]
    var orders: [DecreeOrder] = []
    for order in handover.orders where order.until > now {
      let key = [order.kind.rawValue] + Array(order.target.shown.utf8)
      guard let place = places[key] else {
        places[key] = orders.count
        orders.append(order)
        continue
      }
      if orders[place].until < order.until { orders[place] = order }
    }
    return orders
  }

  private mutating func leave(_ order: DecreeOrder, _ why: String) {
    guard leftovers.count < 2000 else {
      untold += 1
      return
    }
    leftovers.append(
      Handover.Leftover(
        file: order.reason.shown, line: nil, what: "\(order.kind.word) of \(order.target.shown)",
        why: why))
  }

  private mutating func make(_ orders: [DecreeOrder], _ output: inout Output) throws {
    if !isDry {
      try blockList.decree(orders, cause: .transfer, at: now)
      // No command is run for it.
      _ = blockList.takeChanges()
    }
    for order in orders {
      if order.kind == .block { blocks += 1 } else { allows += 1 }
      try tell(order, &output)
    }
  }

  private mutating func add(_ histories: [ImportedHistory], _ output: inout Output) throws {
    let all = histories.reduce(0) { $0 + $1.attempts.count }
    let new = isDry ? all : try blockList.add(histories, at: now)
    attempts += new
    known += all - new
    for history in histories { try tell(history, &output) }
  }

  // MARK: - What is told

  private func tell(_ setting: Handover.Setting, _ output: inout Output) throws {
    guard isJSON else {
      try output.add("\(setting.key) = \(setting.value)")
      for line in setting.meaning {
        for part in line.wrapped(to: output.width.map { $0 - 2 }, indent: 2) {
          try output.add("# " + part)
        }
      }
      return
    }
    var object = JSONObject()
    object.set("type", "setting")
    object.set("key", "\(setting.key)")
    object.set("value", setting.value)
    object.set("meaning", setting.meaning)
    try output.add(bytes: object.line())
  }

  private mutating func tell(_ order: DecreeOrder, _ output: inout Output) throws {
    guard isJSON else {
      let would = isDry ? "would be " : ""
      let end = order.until.sentence(&local, at: now)
      return try output.tell(
        "\(order.target.shown): \(would)\(order.kind.past) \(end), by \(order.reason.quoted)")
    }
    var object = JSONObject()
    object.set("type", "decree")
    object.set("decree", order.kind.word)
    object.set("kind", order.target.kindText)
    object.set("name", String(order.target.text))
    object.set("made", order.made)
    object.set("until", order.until.end)
    object.set("reason", order.reason.shown)
    object.set("done", !isDry)
    try output.add(bytes: object.line())
  }

  private func tell(_ history: ImportedHistory, _ output: inout Output) throws {
    guard isJSON else {
      let count = counted(history.attempts.count, "failed attempt")
      return try output.tell("\(history.subject.shown): \(count)")
    }
    var object = JSONObject()
    object.set("type", "attempts")
    object.set("kind", history.subject.kindText)
    object.set("name", history.subject.name)
    object.set("count", history.attempts.count)
    object.set("done", !isDry)
    try output.add(bytes: object.line())
  }

  private var done: String {
    let decrees = "\(counted(blocks, "block")) and \(counted(allows, "allow"))"
    return decrees + (attempts > 0 ? ", \(counted(attempts, "attempt"))" : "")
  }

  private func finish(_ output: inout Output) throws {
    if !isDry, blocks + allows + attempts > 0 {
      Audit.log("imported \(done) from \(handover.program)")
    }
    try output.tell(leftovers, untold: untold, isJSON: isJSON)
    guard isJSON else {
      let word = isDry ? "would import" : "imported"
      return try output.tell("\(word) \(done); \(known) known before")
    }
    var object = JSONObject()
    object.set("type", "summary")
    object.set("blocks", blocks)
    object.set("allows", allows)
    object.set("attempts", attempts)
    object.set("known", known)
    object.set("left", leftovers.count + untold)
    object.set("done", !isDry)
    try output.add(bytes: object.line())
  }
}

extension DecreeOrder {
  /// Whether this is a later word of the program that has said `held`; else that stays.
  fileprivate func renews(_ held: Decree) -> Bool {
    held.reason == reason && held.until != until && held.made < made
  }
}
