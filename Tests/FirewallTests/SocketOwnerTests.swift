import Foundation
import Harness
import Testing

@testable import Firewall

@Suite(.enabled(if: getuid() == 0, "needs root, to be another user")) struct SocketOwnerTests {
  /// Root listens, and nobody connects; it closes when it is told to.
  private static let script = """
    import os, socket, sys
    listener = socket.create_server(("127.0.0.1", 0))
    os.setuid(65534)
    end = socket.create_connection(listener.getsockname())
    print(end.getsockname()[1], listener.getsockname()[1], flush=True)
    sys.stdin.readline()
    end.close()
    print("closed", flush=True)
    sys.stdin.readline()
    """

  @Test("a connection is its user's while a process has it, and then no user's, nor root's")
  func closed() throws {
    let child = try Child(["/usr/bin/python3", "-Bc", Self.script])
    let ports = (child.line() ?? "").split(separator: " ").compactMap { UInt16($0) }
    try #require(ports.count == 2)
    let ends = ports.map { SocketOwner.End([127, 0, 0, 1], port: $0) }
    #expect(try SocketOwner.user(of: ends[0], connectedTo: ends[1]) == 65534)
    child.tell("close")
    #expect(child.line() == "closed")
    #expect(try SocketOwner.user(of: ends[0], connectedTo: ends[1]) == nil)
    child.tell("end")
  }
}
