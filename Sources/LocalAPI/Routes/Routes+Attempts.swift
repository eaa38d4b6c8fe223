internal import Administration
internal import BlockList
internal import NIOHTTP1
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

extension Routes {
  /// Reserves an attempt, before its password is judged.
  func reserve(_ request: Request) async throws(Problem) -> Response {
    let login = try Login(request)
    let rights = try await rights(of: request.peer)
    let attempt = try attempt(login, rights)
    let reserved = try await desk.reserve(
      attempt, for: request.peer.user, quiet: login.wait ?? Self.usualWait)
    switch reserved {
    case .reserved(let number): return created(number)
    case .refused(let refusal):
      // A client that doesn't wait here asks again soon, and again.
      if refusal.cause != .inFlight || login.wait != 0 {
        note(refusal, of: attempt, by: request.peer)
      }
      return answer(refusal, rights)
    }
  }

  private func answer(_ refusal: Refusal, _ rights: Rights) -> Response {
    switch refusal.cause {
    case .blocked(let block): self.refusal(refusal.subject, block, rights)
    case .inFlight: self.refusal(refusal.subject, nil, rights).inFlight
    default: self.refusal(refusal.subject, nil, rights)
    }
  }

  func note(_ refusal: Refusal, of attempt: Attempt, by peer: Peer) {
    let message = "refusing \(attempt.described): \(refusal.message)"
    desk.chronicle.notice(message, isOrdinary: desk.grants.isOrdinary(peer.user), at: Clock.now)
  }

  /// Milliseconds for which a full window is waited for.
  private static let usualWait = 50

  private func created(_ number: String) -> Response {
    var object = JSONObject()
    object.set("attempt", number)
    object.set("seconds", Int(desk.bounds.verdict))
    return Response.json(.created, object.line())
      .adding("x-abl-attempt", number).adding("location", "/v1/attempts/" + number)
  }

  /// Tells the verdict on one.
  func settle(_ number: String, _ request: Request) async throws(Problem) -> Response {
    let login = try Login(request)
    guard let verdict = login.verdict.flatMap({ Verdict(rawValue: $0) }) else {
      throw .malformed("'verdict' must be 'failed', 'succeeded' or 'abandoned'")
    }
    guard let owner = await desk.book.owner(of: number) else { throw .unknownAttempt }
    let rights = Rights(user: request.peer.user, account: nil, grants: grants)
    // As if it weren't there: its number can't be guessed, and is no other peer's business.
    guard rights.objection(to: .settle(reservedBy: owner)) == nil else { throw .unknownAttempt }
    switch try await desk.settle(number, verdict) {
    case .done: return Response(.noContent)
    case .unknown: throw .unknownAttempt
    case .before(let first):
      throw Problem(
        .conflict, "Settled before", "this attempt was settled as '\(first.rawValue)' already")
    }
  }

  /// Counts a failure: of the attempt that was reserved, or if there is none, or it has lapsed, of
  /// the login as it is described. With `as=401` the answer is one to hand on to the guesser.
  func fail(_ request: Request) async throws(Problem) -> Response {
    let login = try Login(request)
    let rights = try await rights(of: request.peer)
    let attempt = try attempt(login, rights)
    guard ["401", nil].contains(request.query["as"]) else {
      throw .malformed("'as' can be 401 only")
    }
    if !(try await isSettled(login.attempt, rights)) {
      try await desk.count(attempt, for: request.peer.user)
    }
    guard request.query["as"] != nil else { return Response(.noContent) }
    return Response(.unauthorized, "text/plain; charset=utf-8", Array("401 Unauthorized\n".utf8))
  }

  private func isSettled(_ number: String?, _ rights: Rights) async throws(Problem) -> Bool {
    guard let number, let owner = await desk.book.owner(of: number),
      rights.objection(to: .settle(reservedBy: owner)) == nil
    else { return false }
    switch try await desk.settle(number, .failed) {
    case .done, .before(.failed): return true
    case .unknown, .before: return false
    }
  }

  /// What is reported, if the peer may report it.
  private func attempt(_ login: Login, _ rights: Rights) throws(Problem) -> Attempt {
    guard let service = login.service ?? rights.onlyService else {
      throw .malformed("name the 'service' that is logged in to")
    }
    let deed = Deed.report(host: login.host, user: login.user, service: service)
    if let objection = rights.objection(to: deed) { throw .notPermitted(objection) }
    let attempt = Attempt(
      user: login.user, host: login.host, service: service, port: login.port)
    guard attempt.namesSomething else { throw .malformed("name a 'host', a 'user', or both") }
    return attempt
  }
}

extension Problem {
  fileprivate static let unknownAttempt = Problem(
    .notFound, "Unknown attempt", "there is no such attempt, or it has lapsed")
}

extension Attempt {
  /// `user 'root' from host '192.0.2.7' (nginx)`, escaped.
  fileprivate var described: String {
    let user = user.map { "user " + String(describing: $0.escaped.quoted) }
    let host = host.map { "host " + String(describing: $0.text.quoted) }
    return [user, host].compactMap { $0 }.joined(separator: " from ") + " (\(service.escaped))"
  }
}
