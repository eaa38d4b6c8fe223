internal import Administration
internal import BlockList
internal import Glibc
internal import NIOHTTP1
internal import Policy
internal import Upkeep

/// What can be read of the machine as a whole.
enum Report: Sendable {
  case status, blocks, decrees, metrics, page
}

extension Desk {
  /// The name of the machine, up to its first dot, as it may be shown.
  private static var machine: String {
    var name = [CChar](repeating: 0, count: 256)
    let count = name.count - 1
    guard unsafe gethostname(&name, count) == 0 else { return "this machine" }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(describing: Name(bytes).escaped)
  }

  /// Tells it. All of the store is read for it, so one is told at a time, behind all that logins
  /// wait for.
  func tell(_ report: Report) async throws(Problem) -> Response {
    let file = source.file
    return try await use(reports, within: 10_000) { blockList in
      switch report {
      case .status: .json(.ok, try Telling.status(blockList, file, at: Desk.now))
      case .blocks: .json(.ok, try Telling.blocks(blockList, atMost: 10_000, at: Desk.now))
      case .decrees: .json(.ok, try Telling.decrees(blockList, atMost: 10_000, at: Desk.now))
      case .metrics:
        Response(
          .ok, "application/openmetrics-text; version=1.0.0; charset=utf-8",
          try Telling.metrics(blockList, at: Desk.now))
      case .page: Page(try Overview(blockList, file, at: Desk.now), name: Self.machine).response
      }
    }
  }
}
