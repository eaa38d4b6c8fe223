internal import Glibc
internal import NIOCore
internal import NIOPosix

extension Listener {
  /// Begins to listen. A socket of Unix that a program left behind is made anew; one at which a
  /// program listens stays that program's.
  func open(_ bootstrap: ServerBootstrap) async throws -> any Channel {
    do { return try await begin(bootstrap) } catch let error as IOError {
      let reason = unsafe strerror(error.errnoCode).map { unsafe String(cString: $0) }
      throw Unusable(description: "cannot listen at \(place): \(reason ?? "unknown error")")
    } catch is UnixDomainSocketPathWrongType {
      throw Unusable(description: "cannot listen at \(place): something else is there")
    }
  }

  private var place: String {
    switch self {
    case .path(let path): "'\(path)'"
    case .port(let port): "port \(port)"
    case .inherited: "the socket that was passed"
    }
  }

  private func begin(_ bootstrap: ServerBootstrap) async throws -> any Channel {
    switch self {
    case .path(let path):
      guard !Self.isTaken(path) else {
        throw Unusable(description: "another program listens at \(place)")
      }
      let server = try await bootstrap.bind(
        unixDomainSocketPath: path, cleanupExistingSocketFile: true
      ).get()
      // Whatever the mask of this process is.
      _ = unsafe chmod(path, 0o666)
      return server
    case .port(let port): return try await bootstrap.bind(host: "127.0.0.1", port: port).get()
    case .inherited(let descriptor):
      // The one that was passed stays open, for another try; no command that is run gets either.
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "cannot use socket") }
      return try await bootstrap.withBoundSocket(copy).get()
    }
  }

  private struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  /// Whether a program listens there.
  private static func isTaken(_ path: String) -> Bool {
    guard let address = try? SocketAddress(unixDomainSocketPath: path) else { return false }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let result = unsafe address.withSockAddr { unsafe connect(descriptor, $0, socklen_t($1)) }
    // With as many waiting as may, it says to come again.
    return result == 0 || errno == EAGAIN
  }
}
