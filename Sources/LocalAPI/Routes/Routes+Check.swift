internal import Administration
internal import NIOHTTP1
internal import Policy
internal import Text

extension Routes {
  /// Whether a login is blocked; nothing is changed.
  func check(_ request: Request) async throws(Problem) -> Response {
    let login = try Login(request)
    let rights = try await rights(of: request.peer)
    let service = login.service ?? rights.onlyService
    let deed = Deed.ask(host: login.host, user: login.user, service: service)
    if let objection = rights.objection(to: deed) { throw .notPermitted(objection) }
    let attempt = Attempt(user: login.user, host: login.host, service: service ?? "")
    guard attempt.namesSomething else { throw .malformed("name a 'host', a 'user', or both") }
    guard let blocking = try await desk.blocking(attempt, service) else {
      var object = JSONObject()
      object.set("blocked", false)
      return .json(.ok, object.line())
    }
    return refusal(blocking.subject, blocking.block, rights)
  }

  /// 403: it is blocked. By what and until when is told only to peers that may know.
  func refusal(_ subject: Subject, _ block: Block?, _ rights: Rights) -> Response {
    var object = JSONObject()
    object.set("title", "Blocked")
    object.set("status", 403)
    object.set("blocked", true)
    if rights.mayKnow {
      object.set("kind", String(describing: subject.kind.text))
      object.set("name", String(describing: subject.text))
      object.set("rule", block.map { String(describing: $0.ruleText) })
      object.set("until", block?.until.end)
    }
    return Response(.forbidden, "application/problem+json", object.line())
  }
}

extension Rights {
  /// Root, a user that may look, and a service, of its own logins.
  fileprivate var mayKnow: Bool { grants.mayLook(user) || !grants.services(of: user).isEmpty }
}
