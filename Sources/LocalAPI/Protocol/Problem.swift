internal import Administration
internal import NIOHTTP1

/// Why a request was not done, as RFC 9457 has it: `application/problem+json`.
struct Problem: Error, Sendable {
  let status: HTTPResponseStatus
  /// The same for all of its kind.
  let title: String
  /// What is wrong with this one.
  let detail: String
  /// Seconds after which it may be tried again.
  var retryAfter: Int?
  /// The methods that there are instead.
  var methods: String?
  /// Whether it is for others' attempts in flight, and so may pass soon.
  var isInFlight = false

  init(
    _ status: HTTPResponseStatus, _ title: String, _ detail: String, retryAfter: Int? = nil
  ) {
    (self.status, self.title, self.detail) = (status, title, detail)
    self.retryAfter = retryAfter
  }

  static func malformed(_ detail: String) -> Problem {
    Problem(.badRequest, "Not understood", detail)
  }

  /// Not 403, which a proxy would take for the word that the login is blocked: a mistake in the
  /// configuration must not shut everybody out.
  static func notPermitted(_ detail: String) -> Problem {
    Problem(.notFound, "Not permitted", detail)
  }

  static func method(instead methods: String) -> Problem {
    var problem = Problem(
      .methodNotAllowed, "Not so", "the method must be one of \(methods)")
    problem.methods = methods
    return problem
  }

  static let notFound = Problem(.notFound, "Not found", "there is no such resource")

  static let busy = Problem(
    .serviceUnavailable, "Busy", "more waits for the store than can be done in time",
    retryAfter: 1)

  static let late = Problem(
    .gatewayTimeout, "Late", "the store did not answer in time", retryAfter: 1)

  /// Whether what was asked for goes on behind it.
  var isLate: Bool { status == .gatewayTimeout }

  var response: Response {
    var object = JSONObject()
    object.set("title", title)
    object.set("status", Int(status.code))
    object.set("detail", detail)
    let response = Response(status, "application/problem+json", object.line())
    if let methods { return response.adding("allow", methods) }
    if isInFlight { return response.inFlight.adding("retry-after", String(retryAfter ?? 1)) }
    return retryAfter.map { response.adding("retry-after", String($0)) } ?? response
  }
}
