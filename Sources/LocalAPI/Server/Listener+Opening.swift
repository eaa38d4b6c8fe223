internal import CLinux
internal import Glibc
internal import NIOCore

extension Listener {
  /// Begins to listen. A socket of Unix that a program left behind is made anew; one at which a
  /// program listens stays that program's.
  ///
  /// - Returns: a socket that never blocks, to be closed by the caller.
  func open() throws -> Int32 {
    switch self {
    case .path(let path): try listen(atPath: path)
    case .port(let port): try listen(atPort: port)
    case .inherited(let descriptor): try taken(descriptor)
    }
  }

  /// Takes away what `open` has made.
  func remove() {
    if case .path(let path) = self { _ = unsafe unlink(path) }
  }

  private var place: String {
    switch self {
    case .path(let path): "'\(path)'"
    case .port(let port): "port \(port)"
    case .inherited: "the socket that was passed"
    }
  }

  private func listen(atPath path: String) throws -> Int32 {
    guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
      throw Unusable(description: "cannot listen at \(place): the path is too long")
    }
    guard !Self.isTaken(address) else {
      throw Unusable(description: "another program listens at \(place)")
    }
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw Unusable(description: "cannot listen at \(place): something else is there")
      }
      _ = unsafe unlink(path)
    }
    let descriptor = try begin(AF_UNIX, address)
    // Whatever the mask of this process is.
    _ = unsafe chmod(path, 0o666)
    return descriptor
  }

  private func listen(atPort port: Int) throws -> Int32 {
    try begin(AF_INET, try SocketAddress(ipAddress: "127.0.0.1", port: port))
  }

  private func begin(_ family: Int32, _ address: SocketAddress) throws -> Int32 {
    let descriptor = clinux_stream_socket(family)
    guard descriptor >= 0 else { throw unusable() }
    var isReused: Int32 = 1
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    let isBound = unsafe address.withSockAddr { unsafe bind(descriptor, $0, socklen_t($1)) } == 0
    guard isBound, Glibc.listen(descriptor, 4096) == 0 else {
      defer { close(descriptor) }
      throw unusable()
    }
    return descriptor
  }

  /// The one that was passed stays open, for another try; no command that is run gets either.
  private func taken(_ passed: Int32) throws -> Int32 {
    _ = fcntl(passed, F_SETFD, FD_CLOEXEC)
    let copy = fcntl(passed, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0, fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK) >= 0 else {
      throw unusable()
    }
    return copy
  }

  private func unusable() -> Unusable {
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "unknown error"
    return Unusable(description: "cannot listen at \(place): \(reason)")
  }

  private struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  /// Whether a program listens there.
  private static func isTaken(_ address: SocketAddress) -> Bool {
    let descriptor = clinux_stream_socket(AF_UNIX)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let result = unsafe address.withSockAddr { unsafe connect(descriptor, $0, socklen_t($1)) }
    // With as many waiting as may, it says to come again.
    return result == 0 || errno == EAGAIN
  }
}
