internal import NIOCore
internal import Synchronization

/// Connections on their way to what serves them.
///
/// NIO ends the process if the channel of one is let go of before it was run to its end. So what comes when
/// nothing is served any more is kept, to be closed in order.
final class Arrivals: Sendable {
  let connections: AsyncStream<Connection>
  private let source: AsyncStream<Connection>.Continuation
  private let late = Mutex<[Connection]>([])

  init() { (connections, source) = AsyncStream.makeStream() }

  /// Has it served, if that isn't over.
  func add(_ connection: Connection) {
    guard case .terminated = source.yield(connection) else { return }
    late.withLock { $0.append(connection) }
  }

  /// What comes from now on isn't served.
  func finish() { source.finish() }

  /// Closes what has come too late; nothing may be added any more.
  func closeLate() async {
    for connection in late.withLock({ $0 }) { await connection.close() }
  }
}
