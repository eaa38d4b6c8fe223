internal import Administration
internal import NIOCore
internal import NIOHTTP1
internal import Platform
internal import Policy

/// What there is to ask for, and what each asks.
struct Routes: Sendable {
  let desk: Desk
  let events: EventFeed
  /// Those of this moment.
  var grants: Grants { sharedGrants.current }
  private let sharedGrants: SharedGrants
  /// Of Dovecot.
  let sessions: PolicySessions
  private let accounts = Accounts()

  init(_ desk: Desk, _ grants: SharedGrants, _ events: EventFeed) {
    (self.desk, sharedGrants, self.events) = (desk, grants, events)
    sessions = PolicySessions(seconds: desk.bounds.verdict)
  }

  /// The answer, whatever was asked.
  func answer(_ request: Request) async -> Response {
    if let problem = Origin.problem(of: request) { return problem.response }
    do throws(Problem) { return try await route(request) } catch { return error.response }
  }

  private static let attempts = "/v1/attempts"

  private func route(_ request: Request) async throws(Problem) -> Response {
    switch request.path {
    case "/v1/check":
      try allow([.GET, .HEAD], request)
      return try await check(request)
    case Self.attempts:
      try allow([.POST], request)
      return try await reserve(request)
    case "/v1/fail":
      try allow([.POST], request)
      return try await fail(request)
    case "/v1/decrees":
      let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .DELETE]
      try allow(methods, request)
      if [.GET, .HEAD].contains(request.method) { try allowLook(request) }
      return try await decrees(request)
    case let path where path.hasPrefix(Self.attempts + "/"):
      try allow([.PUT], request)
      return try await settle(String(path.dropFirst(Self.attempts.count + 1)), request)
    default: return try await look(request)
    }
  }

  /// What only peers with the right to look may read.
  private func look(_ request: Request) async throws(Problem) -> Response {
    let report: Report
    switch request.path {
    case "/": report = .page
    case "/v1/status": report = .status
    case "/v1/blocks": report = .blocks
    case "/metrics": report = .metrics
    case "/v1/events":
      try allowLook(request)
      return try stream(request)
    default: throw .notFound
    }
    try allowLook(request)
    return try await desk.tell(report)
  }

  private func allowLook(_ request: Request) throws(Problem) {
    try allow([.GET, .HEAD], request)
    guard grants.mayLook(request.peer.user) else {
      let detail = "uid \(request.peer.user) may not look at this: see 'look' in abld.conf"
      throw Problem(.forbidden, "Not permitted", detail)
    }
  }

  private func stream(_ request: Request) throws(Problem) -> Response {
    let after = request.header("last-event-id") ?? request.query["after"] ?? "0"
    guard let sequence = UInt64(after) else {
      throw .malformed("'after' is the number of the last event that is known")
    }
    var response = Response(.ok)
    response.headers.add(name: "content-type", value: "text/event-stream")
    if request.method != .HEAD { response.body = .events(after: sequence) }
    return response
  }

  private func allow(_ methods: [HTTPMethod], _ request: Request) throws(Problem) {
    guard methods.contains(request.method) else {
      let names = methods.map { $0.rawValue }.joined(separator: ", ")
      throw .method(instead: names)
    }
    guard request.method != .GET, request.method != .HEAD else { return }
    if let problem = Origin.problem(ofChange: request) { throw problem }
  }
}

extension Routes {
  /// What the peer may do: its account is asked for only where that matters.
  func rights(of peer: Peer) async throws(Problem) -> Rights {
    let grants = grants
    guard peer.user != 0, grants.services(of: peer.user).isEmpty else {
      return Rights(user: peer.user, account: nil, grants: grants)
    }
    let now = Clock.now
    if let known = accounts.remembered(peer.user, at: now) {
      return Rights(user: peer.user, account: known, grants: grants)
    }
    let account = try await desk.accounts.run(within: .seconds(2)) { [accounts] in
      accounts.lookUp(peer.user, at: now)
    }
    return Rights(user: peer.user, account: account, grants: grants)
  }
}
