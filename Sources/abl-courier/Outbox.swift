internal import Courier
internal import Glibc
internal import Synchronization

/// What the brokers' threads have for abld, until the main thread takes it.
final class Outbox: Sendable {
  private struct Content {
    var frames: [Frame] = []
    var size = 0
    var dropped = 0
  }

  private let content = Mutex(Content())
  /// Readable when there is something.
  let bell: CInt
  private let rope: CInt

  /// Bytes that wait at most; what is dropped beyond that, the protocol mends.
  private static let room = 16 << 20

  init() {
    var ends: [CInt] = [-1, -1]
    _ = unsafe pipe(&ends)
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (bell, rope) = (ends[0], ends[1])
  }

  func add(_ frame: Frame, size: Int) {
    content.withLock { content in
      guard content.size + size <= Self.room else {
        content.dropped += 1
        return
      }
      content.frames.append(frame)
      content.size += size
    }
    ring()
  }

  func ring() {
    var byte: UInt8 = 0
    _ = unsafe write(rope, &byte, 1)
  }

  /// All that waits, taken away.
  func take() -> [Frame] {
    var drain = [UInt8](repeating: 0, count: 4096)
    while unsafe read(bell, &drain, drain.count) > 0 {}
    return content.withLock { content in
      defer { content = Content(dropped: content.dropped) }
      return content.frames
    }
  }
}
