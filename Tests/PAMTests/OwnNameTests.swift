import Foundation
import Harness
import Testing

/// Names of this machine as the remote host: what a program without a peer tells is no host; what
/// one with a peer tells may be a stranger's DNS.
@Suite("The machine's own name as a host, through the real libpam")
struct OwnNameTests {
  private static let own: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  private static let names = [
    "localhost", "LocalHost.", "localhost.localdomain", "ip6-localhost", "a.localhost", ":0",
    ":10.0", "unix:0", "localhost:10.0", own, own.uppercased(), own + ".", own + ":0",
  ]

  /// With a connection of TCP as its standard input, as a server that inetd starts has it.
  private static let peer = [
    "python3", "-c",
    """
    import os, socket, sys
    door = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(door.getsockname())
    client.set_inheritable(True)
    server = door.accept()[0]
    os.dup2(server.fileno(), 0)
    os.execv(sys.argv[1], sys.argv[1:])
    """,
  ]

  @Test("is none where the program has no peer, in any spelling", arguments: names)
  func none(_ name: String) throws {
    let stack = try Stack("host_rule=*:1/1h\n")
    #expect(try stack.attempts(3, host: name) == ["7", "7", "7"])
    #expect(try stack.judged == 3 && stack.failures(of: "host") == 0)
    #expect(try stack.attempts(1, "right", host: name) == ["0"])
    #expect(try stack.log == [])
  }

  @Test("is counted as that name, and told at warning, where the program has one", arguments: names)
  func counted(_ name: String) throws {
    let stack = try Stack("host_rule=*:2/1h\nhost_block_cmd=[\(Stack.check)] [%h]\n")
    for _ in 0..<2 {
      _ = try stack.drive("auth:wrong", "end", host: name, under: Self.peer)
    }
    let outcome = try stack.drive("auth:right", "end", host: name, under: Self.peer)
    #expect(outcome.authCodes == ["7"], "\(outcome)")
    #expect(try stack.judged == 2)
    #expect(try stack.failures(of: "host") == 2)
    let told = try stack.lines("syslog").filter { $0.contains("but this login is from a network") }
    #expect(told.count == 3 && told.allSatisfy { $0.hasPrefix("<warning>") }, "\(told)")
    // No command is given what DNS may say something else of tomorrow.
    #expect(try stack.text("syslog").contains(": a name is no address"))
    #expect(try stack.attempts(1, "right", host: "192.0.2.9") == ["0"])
  }
}
