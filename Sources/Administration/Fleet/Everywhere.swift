internal import BlockList
internal import Courier
internal import Daemon
internal import Orders
internal import Platform
internal import Policy
internal import Sharing

/// Orders for all machines: signed by the person at the terminal, handed to abld, which verifies them
/// as every other machine's does, and waited for.
struct Everywhere {
  private let options: OrderOptions
  private let configuration: Configuration
  private let operators: Operators
  private let by: String
  private let reason: String

  /// - Parameter reason: why, for people.
  /// - Throws: `Failure` if this machine shares with no other one, or it isn't clear which operator orders.
  init(_ options: OrderOptions, because reason: String, _ configuration: Configuration) throws {
    (self.options, self.configuration, self.reason) = (options, configuration, reason)
    guard reason.utf8.count <= 200, reason.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
      throw Failure(message: "'--reason': expected up to 200 letters of ASCII")
    }
    guard case .running = DaemonPresence(), FleetState()?.origin.isEmpty == false else {
      throw Failure(message: "abld doesn't run here, or shares with no other machine")
    }
    let scratch = String(RunDirectory.standard.appending("signatures").text)
    operators = Operators(path: try FleetLayer.configuration().operators, scratch: scratch)
    by = try Self.person(options.by, operators)
  }

  private static func person(_ given: String?, _ operators: Operators) throws -> String {
    if let given { return given }
    let names: [String]
    do throws(OrderRefusal) { names = try operators.names().sorted() } catch {
      throw Failure(message: error.message)
    }
    if names.count == 1, let name = names.first { return name }
    let known = names.isEmpty ? "there is none" : "there are several"
    throw Failure(message: "'--by' is needed: of operators in '\(operators.path)' \(known)")
  }

  /// Has `names` unblocked, blocked or allowed, and tells what came of it.
  ///
  /// - Parameter length: for how many seconds the order holds.
  func order(
    _ action: Order.Action, _ names: [TypedName], _ kind: Kind?, for length: Int64
  ) throws {
    guard 1...Int64(Order.longest) ~= length else {
      throw Failure(message: "'--for': expected a length of time up to 366 days, as in 1h")
    }
    var orders: [Order] = []
    for name in names {
      let subject = try Self.subject(name, kind, action)
      guard action != .block || !subject.isEveryAddress else {
        throw Failure(
          message: "\(name.typed.quoted) is every address: no machine carries out a block of it")
      }
      orders.append(try made(action, subject, for: length))
    }
    for order in orders { try hand(try sign(order)) }
    try Output.open { output in
      for order in orders { try output.tell(try outcome(of: order)) }
    }
  }

  /// What an order on `name` is about.
  ///
  /// - Throws: `Misuse` if it is none of that kind, or no user can be called so.
  static func subject(
    _ name: TypedName, _ kind: Kind?, _ action: Order.Action
  ) throws -> Order.Subject {
    let text = String(decoding: name.typed.bytes, as: UTF8.self)
    if kind == .caller {
      throw Misuse(
        command: action.rawValue,
        message: "An order for all machines is about no caller: numbers of users differ there.")
    }
    if kind == .network, name.network == nil {
      throw Misuse(command: action.rawValue, message: "\(name.typed.quoted): \(noNetwork).")
    }
    let prefixes = name.meanings.lazy.compactMap {
      Prefix(parsing: String(decoding: $0.bytes, as: UTF8.self))
    }
    if kind != .user, let prefix = prefixes.first { return .prefix(prefix) }
    let user = Subject.user(name.typed)
    let isUser = kind == nil || kind == .user
    if isUser, let why = user.nonsense(as: kind) {
      throw Misuse.nonsense(user, why, action.rawValue)
    }
    if isUser, let user = Order.Subject(parsing: "user " + text) { return user }
    throw Failure(
      message: "\(name.typed.quoted): an order is about an address, a network, or a user in ASCII")
  }

  private func made(
    _ action: Order.Action, _ subject: Order.Subject, for length: Int64
  ) throws -> Order {
    let now = UInt32(clamping: Clock.now)
    guard Operators.isPrincipal(by) else {
      throw Failure(message: "'--by': \(Name(Array(by.utf8)).quoted) can't be an operator's name")
    }
    let (end, overflow) = now.addingReportingOverflow(UInt32(clamping: length))
    return Order(
      id: Signer.newID, action, subject, made: now, until: overflow ? .max : end, by: by,
      reason: reason)
  }

  /// Signed; what wouldn't be accepted is told here, before anybody else sees it.
  private func sign(_ order: Order) throws -> (Order, SignedOrder) {
    do {
      let signed = try Signer.sign(order, with: options.keyFile)
      return (try operators.verified(signed, at: UInt32(clamping: Clock.now)), signed)
    } catch let error as ToolError {
      throw Failure(message: error.message)
    } catch let error as OrderRefusal {
      throw Failure(message: error.message)
    }
  }

  /// Leaves it where abld looks.
  private func hand(_ order: (Order, SignedOrder)) throws {
    let (order, signed) = order
    let home = Path(configuration.databaseHome.bytes).appending("orders")
    do throws(SystemError) {
      let directory = try File(home, .directory)
      let (draft, name) = (Path(Array("put-\(order.id)".utf8)), Path(Array("new-\(order.id)".utf8)))
      let file = try File(draft, in: directory, .readWrite, creating: true)
      try file.write(signed.encoded, at: 0)
      try directory.rename(draft, to: name)
    } catch { throw Failure(message: String(error.message)) }
    Audit.log("ordered '\(order.action.rawValue) \(order.subject.text)' for all machines as \(by)")
  }

  /// Waits until all machines have carried it out, and says how many have.
  private func outcome(of order: Order) throws -> String {
    let deadline = Deadline(milliseconds: Int64(max(0, options.wait)) * 1000)
    var given: FleetState.GivenOrder?
    repeat {
      given = FleetState()?.orders.first { $0.id == order.id }
      if let given, given.applied == given.machines { break }
      Clock.pause(microseconds: 50_000)
    } while !deadline.hasPassed
    let what = "\(order.action.rawValue) \(order.subject.text)"
    guard let given else {
      throw Failure(message: "\(what): abld hasn't taken the order; its log says why")
    }
    let tail = given.missing.isEmpty ? "" : "; not: " + given.missing.joined(separator: ", ")
    let more = given.machines - given.applied - given.missing.count
    let rest = more > 0 ? " and \(more) more" : ""
    return "\(what): applied on \(given.applied) of \(given.machines)\(tail)\(rest)"
  }
}
