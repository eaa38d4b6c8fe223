internal import Administration
internal import NIOHTTP1
internal import Platform
internal import Policy

/// What Dovecot's auth policy asks at a listener of its own, which the secret lets in.
extension Routes {
  static let policyPath = "/v1/dovecot"
  static let secretField = "x-abl-secret"

  /// The answer to what came at that listener, whatever it was.
  func answer(_ request: Request, secret: String) async -> Response {
    if let problem = Origin.problem(of: request) { return problem.response }
    guard let told = request.header(Self.secretField), Self.areEqual(told, secret) else {
      return Problem(.forbidden, "Not permitted", "X-Abl-Secret is not the secret").response
    }
    do throws(Problem) {
      guard request.path == Self.policyPath else { throw .notFound }
      guard request.method == .POST else { throw .method(instead: "POST") }
      return try await policy(try PolicyRequest(request), request.peer)
    } catch { return error.response }
  }

  /// In a time that doesn't tell how much of it is right.
  static func areEqual(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private func policy(_ policy: PolicyRequest, _ peer: Peer) async throws(Problem) -> Response {
    guard let attempt = policy.attempt else { return Self.status(0) }
    let rights = try await rights(of: peer)
    let deed = Deed.report(host: attempt.host, user: attempt.user, service: attempt.service)
    if let objection = rights.objection(to: deed) { throw .notPermitted(objection) }
    switch policy.command {
    case .allow: return try await allow(policy, attempt, peer)
    case .report:
      try await report(policy, attempt, peer)
      return Self.status(0)
    }
  }

  /// -1 refuses, 0 lets on.
  private static func status(_ status: Int) -> Response {
    var object = JSONObject()
    object.set("status", status)
    object.set("msg", status == 0 ? "" : "refused")
    return .json(.ok, object.line())
  }

  /// Dovecot waits for two seconds; a client of mail opens several connections at once.
  private static let quiet = 200

  private func allow(
    _ policy: PolicyRequest, _ attempt: Attempt, _ peer: Peer
  ) async throws(Problem) -> Response {
    switch try await desk.reserve(attempt, for: peer.user, quiet: Self.quiet) {
    case .reserved(let number):
      await sessions.add(number, for: policy.key)
      return Self.status(0)
    case .refused(let refusal):
      note(refusal, of: attempt, by: peer)
      return Self.status(-1)
    }
  }

  private func report(
    _ policy: PolicyRequest, _ attempt: Attempt, _ peer: Peer
  ) async throws(Problem) {
    let number = await sessions.take(policy.key)
    if policy.isOurRefusal { return }
    let verdict: Verdict = policy.hasSucceeded ? .succeeded : .failed
    if let number, try await desk.settle(number, verdict) != .unknown { return }
    if verdict == .failed { try await desk.count(attempt, for: peer.user) }
  }
}
