internal import Administration
internal import BlockList
internal import NIOHTTP1
internal import Policy
internal import Text
internal import Upkeep

/// What is decreed by hand. A user that may look may read it; root alone changes it.
extension Routes {
  func decrees(_ request: Request) async throws(Problem) -> Response {
    switch request.method {
    case .POST: return try await makeDecree(request)
    case .DELETE: return try await endDecree(request)
    default: return try await desk.tell(.decrees)
    }
  }

  private func makeDecree(_ request: Request) async throws(Problem) -> Response {
    let wanted = try await changed(request)
    if case .network(let network) = wanted.target, wanted.kind == .block,
      network.prefixLength == 0, !wanted.isForced
    {
      throw .malformed("'\(network.text)' is every address; with \"force\": true it is blocked")
    }
    let writes = desk.writes(for: request.peer.user)
    let line = try await desk.use(writes, within: desk.bounds.write) { blockList in
      try Telling.decree(
        wanted.kind, wanted.target, seconds: wanted.seconds, reason: wanted.reason,
        by: "root, by the API", blockList, at: Desk.now)
    }
    return .json(.created, line)
  }

  private func endDecree(_ request: Request) async throws(Problem) -> Response {
    let wanted = try await changed(request)
    let writes = desk.writes(for: request.peer.user)
    let isEnded = try await desk.use(writes, within: desk.bounds.write) { blockList in
      try Telling.end(
        wanted.kind, on: wanted.target, by: "root, by the API", blockList, at: Desk.now)
    }
    guard isEnded else {
      throw Problem(.notFound, "Unknown decree", "there is no such decree, or it has ended")
    }
    return Response(.noContent)
  }

  /// What a change says, if its peer may make one.
  private func changed(_ request: Request) async throws(Problem) -> DecreeRequest {
    guard request.peer.user == 0 else {
      throw Problem(
        .forbidden, "Not permitted", "uid \(request.peer.user) may not decree anything")
    }
    return try DecreeRequest(request.body)
  }
}
