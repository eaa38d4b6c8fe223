import Foundation
import Harness
import Testing

/// The socket of the local API, when abld comes and goes, and when something else is in its place.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct APISocketTests {
  @Test("all users reach the socket, and what else is in its directory is root's alone")
  func directory() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      // Once a second abld has a draft of its state there, for a moment.
      let right = "755 .\n666 api.sock\n600 lock\n600 state\n"
      let list = "cd '\(daemon.path("abld"))'; stat -c '%a %n' . * 2>&1 || true"
      let modes = try firstRight({ try shell(list) }, where: { $0 == right })
      #expect(modes == right)
    }
  }

  @Test("a socket that another program has stays its own, and the firewall works")
  func taken() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["api = off"])
      let script = """
        import socket
        s = socket.socket(socket.AF_UNIX)
        s.bind("\(daemon.socket)"); s.listen(8)
        print("ready", flush=True)
        while True: s.accept()
        """
      let other = try Child(["/usr/bin/python3", "-c", script])
      #expect(other.said.hasPrefix("r"))
      try daemon.set([])
      daemon.signal(SIGHUP)
      #expect(
        eventually { daemon.log.contains("another program listens at '\(daemon.socket)'") })
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      other.end()
      daemon.signal(SIGHUP)
      try daemon.awaitAPI()
    }
  }

  @Test("something else in the socket's place is told, and the firewall works")
  func blocked() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["api = off"])
      daemon.stop()
      mkdir(daemon.socket, 0o700)
      try daemon.set([])
      try daemon.start()
      let reason = "cannot listen at '\(daemon.socket)': something else is there"
      #expect(
        eventually { daemon.log.contains("the local API isn't served: \(reason);") },
        "\(daemon.log)")
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
    }
  }

  @Test("a second abld doesn't take the socket of the first") func second() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      let words = ["--foreground", "--config", daemon.path("abld.conf"), "--run"]
      let outcome = try Command(
        Repository.program("abld"), words + [daemon.path("abld")]
      ).run()
      #expect(outcome.status == 1)
      #expect(try daemon.ask("/v1/status") == "200")
    }
  }

  @Test("killed, it leaves a socket that the next one replaces") func stale() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      daemon.die()
      #expect(FileManager.default.fileExists(atPath: daemon.socket))
      #expect(try daemon.ask("/v1/status") == "000")
      try daemon.start()
      try daemon.awaitAPI()
    }
  }

  @Test("the socket that a service manager passes is served, and stays when abld ends")
  func passed() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["api = off"])
      daemon.stop()
      daemon.wrapper += ["/usr/bin/python3", "-c", Self.passing, daemon.socket]
      try daemon.set([])
      for _ in 0..<2 {
        try shell("rm -f '\(daemon.socket)'")
        try daemon.start()
        try daemon.awaitAPI()
        #expect(try daemon.ask("/v1/status") == "200")
        daemon.stop()
        #expect(FileManager.default.fileExists(atPath: daemon.socket))
      }
    }
  }

  /// Does as systemd does: the words behind the path of a socket become the program.
  private static let passing = """
    import os, socket, sys
    os.umask(0)
    s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(4096)
    os.dup2(s.fileno(), 20); os.closerange(3, 20); os.dup2(20, 3); os.close(20)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="api")
    os.execv(sys.argv[2], sys.argv[2:])
    """
}
