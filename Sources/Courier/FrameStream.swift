internal import CSockets

/// A local socket that carries frames: it never blocks, and what waits in it is bounded.
@safe public final class FrameStream {
  public let descriptor: CInt
  private var incoming: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var sent = 0
  /// How many frames weren't sent since the other side doesn't read.
  public private(set) var dropped = 0
  /// Whether it is of no more use: the other side is gone, or doesn't speak the protocol.
  public private(set) var isOver = false

  /// What may wait for the other side, in bytes.
  public static let room = 16 << 20

  /// - Parameter descriptor: that of a stream; it is closed at the end of this.
  public init(_ descriptor: CInt) { self.descriptor = descriptor }

  /// Whether there is something to send.
  public var isWaiting: Bool { sent < outgoing.count }

  /// Sends a frame, or drops it, if the other side is too far behind. The protocol mends what is
  /// missing.
  public func send(_ frame: Frame) {
    let bytes = frame.encoded
    guard outgoing.count - sent + bytes.count <= Self.room else {
      dropped += 1
      return
    }
    outgoing += bytes
    flush()
  }

  /// Sends what it can.
  public func flush() {
    while isWaiting, !isOver {
      let count = unsafe outgoing.withUnsafeBytes { bytes in
        unsafe csockets_send(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
      }
      if count < 0, csockets_errno() == EAGAIN { break }
      guard count > 0 || csockets_errno() == EINTR else {
        isOver = true
        return
      }
      sent += max(count, 0)
    }
    if sent == outgoing.count || sent > 1 << 20 {
      outgoing.removeFirst(sent)
      sent = 0
    }
  }

  /// Reads what is there: at most a mebibyte, so that others have their turn. Stops for good at
  /// the first bytes that are no frame.
  public func read() -> [Frame] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var budget = 16
    while budget > 0, !isOver {
      budget -= 1
      let count = unsafe csockets_read(descriptor, &buffer, buffer.count)
      if count < 0, csockets_errno() == EAGAIN { break }
      if count < 0, csockets_errno() == EINTR { continue }
      guard count > 0 else {
        isOver = true
        break
      }
      incoming += buffer.prefix(count)
    }
    return frames()
  }

  private func frames() -> [Frame] {
    var (frames, position): ([Frame], Int) = ([], 0)
    while incoming.count - position >= 4 {
      let length = incoming[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard 1...Frame.longest ~= length else {
        isOver = true
        break
      }
      guard incoming.count - position - 4 >= length else { break }
      let start = position + 4
      guard let frame = Frame(body: incoming[start..<(start + length)]) else {
        isOver = true
        break
      }
      frames.append(frame)
      position = start + length
    }
    incoming.removeFirst(position)
    return frames
  }

  deinit { close(descriptor) }
}

extension FrameStream {
  /// Connects to a local socket; nil if that isn't possible, `errno` says why.
  public convenience init?(connecting path: String) {
    let descriptor = unsafe csockets_connect(path)
    guard descriptor >= 0 else { return nil }
    self.init(descriptor)
  }
}
