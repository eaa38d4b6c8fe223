internal import ArgumentParser
internal import BlockList
internal import Orders
internal import Policy
internal import Upkeep

/// What `block` and `allow` have in common.
struct Decreeing: ParsableArguments {
  @OptionGroup var setup: Setup

  @Argument(help: "A host's address, a network, or a user; as the name is, or as it is printed.")
  var name: [TypedName] = []

  @Flag(exclusivity: .exclusive)
  var decreedKind: DecreedKind?

  private var kind: Kind? { decreedKind?.kind }

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("For how long, as 2d; else for ever.", valueName: "time"),
    transform: DecreeTerm.parsed)
  var term: DecreeTerm?

  @Option(help: ArgumentHelp("Why; it is listed with it.", valueName: "text"))
  var reason: Name?

  @Flag(exclusivity: .exclusive)
  var format: Format?

  @OptionGroup(title: "Everywhere") var order: OrderOptions

  /// Makes decrees, and tells what came of it.
  func decree(_ decreed: Decree.Kind, also more: [TypedName] = [], isForced: Bool = false) throws {
    let names = name + more
    guard !names.isEmpty else {
      throw Misuse(command: decreed.word, message: "Nothing to \(decreed.word). Give a name.")
    }
    let blockList = try setup.changeableBlockList()
    let known = try blockList.decrees(at: .now)
    let targets = try names.map { try $0.decreed(kind, in: blockList, known, decreed.word) }
    if !isForced { for target in targets { try refuseFolly(decreed, target) } }
    guard !order.everywhere else { return try orderEverywhere(decreed, names, blockList) }
    let now = Timestamp.now
    let until = term.map { now.adding($0.length) } ?? .never
    let orders = targets.map {
      DecreeOrder(
        decreed, $0, until: until, by: Name(bounded: Array(Audit.person.utf8)),
        reason: Name(bounded: reason?.bytes ?? []), at: now)
    }
    let areNew = try blockList.decree(orders, at: now)
    blockList.runCommands()
    let book = try blockList.decrees(at: now)
    var local = LocalTime()
    try Output.open { output in
      for (order, isNew) in zip(orders, areNew) {
        let end = until.sentence(&local, at: now)
        Audit.log("\(decreed.past) \(order.target.shown)" + order.tail)
        try tell(order, isNew, end, book, blockList.configuration, to: &output)
      }
      let addresses = targets.compactMap { $0.subject?.address }
      guard decreed == .allow else { return }
      let kept = KernelRelease().await(addresses)
      if format == nil { for line in kept { try output.tell(line) } }
    }
  }

  private func orderEverywhere(
    _ decreed: Decree.Kind, _ names: [TypedName], _ blockList: BlockList
  ) throws {
    guard let term, format == nil else {
      throw Misuse(
        command: decreed.word,
        message: "With --everywhere, give --for, 366 days at most; no other format goes with it.")
    }
    let reason = reason.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    try Everywhere(order, because: reason, blockList.configuration)
      .order(decreed == .block ? .block : .allow, names, kind, for: term.length)
  }

  private func tell(
    _ order: DecreeOrder, _ isNew: Bool, _ end: String, _ book: DecreeBook,
    _ configuration: Configuration, to output: inout Output
  ) throws {
    switch format {
    case .quiet: break
    case .json:
      guard let decree = book.decree(order.kind, on: order.target, at: order.made) else { return }
      try output.add(bytes: decree.object.line())
    case nil:
      try output.tell(
        "\(order.target.shown): \(order.kind.past) \(end)" + (isNew ? "" : ", as of now"))
    }
    for doubt in doubts(of: order, book, configuration) { complain(doubt) }
  }

  /// What another decree, or the configuration, says otherwise.
  private func doubts(
    of order: DecreeOrder, _ book: DecreeBook, _ configuration: Configuration
  ) -> [String] {
    let (target, now) = (order.target, order.made)
    if order.kind == .block, let subject = target.subject, configuration.isAllowed(subject) {
      let key = subject.isOrigin ? "host_whitelist" : "user_whitelist"
      return ["\(key) has \(target.shown): it passes, whatever is decreed"]
    }
    if order.kind == .block, book.decree(.allow, on: target, at: now) != nil {
      return ["an allow of \(target.shown) holds before the block; 'ablctl disallow' ends it"]
    }
    guard case .network(let network) = target else { return [] }
    let inner = book.all.filter { other in
      guard other.kind != order.kind, case .network(let other) = other.target else { return false }
      return other.prefixLength > network.prefixLength && network.contains(other.address)
    }
    guard let first = inner.first else { return [] }
    let more = inner.count > 1 ? " and \(inner.count - 1) more" : ""
    return ["\(first.kind.word) of \(first.target.shown)\(more) within it still holds"]
  }

  /// - Throws: `Failure` if that would let pass all, or shut out all or the person that gives the
  ///   command.
  private func refuseFolly(_ kind: Decree.Kind, _ target: AllowList.Entry) throws {
    guard case .network(let network) = target else { return }
    if network.prefixLength == 0 {
      let verb = kind == .allow ? "allows" : "blocks"
      throw Failure(message: "\(String(network.text)) is every address; '--force' \(verb) it")
    }
    guard kind == .block, let own = Connection.seat?.address, network.contains(own) else { return }
    throw Failure(
      message: "you come from \(String(own.text)), which \(target.shown) would shut out; "
        + "'--force' blocks it")
  }
}
