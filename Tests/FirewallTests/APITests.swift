import Foundation
import Harness
import Testing

/// The local API as abld serves it beside the firewall.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct APITests {
  @Test("what a program reports beyond the limit comes into the kernel") func report() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      for _ in 0..<2 { #expect(try daemon.reportFailure(of: "192.0.2.7") == "204") }
      #expect(try !daemon.holds("192.0.2.7"))
      #expect(try daemon.reportFailure(of: "192.0.2.7") == "204")
      #expect(try daemon.comes("192.0.2.7"))
      #expect(try daemon.ask("/v1/check?host=192.0.2.7") == "403")
    }
  }

  @Test("blocks that begin by a report, each a line of the log, leave no descriptor behind")
  func reports() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:1/1h")
      try daemon.awaitAPI()
      #expect(try daemon.reportFailure(of: "192.0.2.1") == "204")
      #expect(try daemon.comes("192.0.2.1"))
      try daemon.awaitWatches()
      let before = try daemon.descriptors()
      for number in 2...12 {
        #expect(try daemon.reportFailure(of: "192.0.2.\(number)") == "204")
        #expect(try daemon.comes("192.0.2.\(number)"))
      }
      var left: [Int: String] = [:]
      let areClosed = try eventually {
        left = try daemon.descriptors()
        return left.count <= before.count
      }
      #expect(areClosed, "\(left.filter { before[$0.key] != $0.value })")
    }
  }

  @Test("status, blocks and the page are served") func reading() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      for _ in 0..<3 { _ = try daemon.reportFailure(of: "192.0.2.7") }
      #expect(try daemon.answer("/v1/status").contains(#""verdict":"#))
      #expect(try daemon.answer("/v1/blocks").contains("192.0.2.7"))
      #expect(try daemon.answer("/").hasPrefix("<!doctype html>"))
    }
  }

  @Test("any user reaches the socket; only whom 'report' names reports a host, from a reload on")
  func rights() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      #expect(try daemon.ask("/v1/status", as: "nobody") == "403")
      func tries() throws -> String {
        try daemon.reportFailure(of: "192.0.2.7", service: "nginx", as: "nobody")
      }
      #expect(try tries() == "404")
      try daemon.set(["report = nobody:nginx", "look = nobody"])
      daemon.signal(SIGHUP)
      #expect(try eventually { try tries() == "204" })
      #expect(try daemon.ask("/v1/status", as: "nobody") == "200")
      // A user that isn't there keeps what was.
      try daemon.set(["report = no-such-user:nginx"])
      daemon.signal(SIGHUP)
      #expect(eventually { daemon.log.contains("there is no user 'no-such-user'") })
      let kept = "the rights to report and to look stay as they were"
      #expect(eventually { daemon.log.contains(kept) })
      #expect(try tries() == "204")
      try daemon.set([])
      daemon.signal(SIGHUP)
      #expect(try eventually { try tries() == "404" })
    }
  }

  @Test("turned off there is no socket, and the firewall works") func off() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["api = off"])
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      // Once it complains of the second one, it has done all that it does for the first.
      for name in ["not-there-1", "not-there-2"] {
        try daemon.set(["api = off", "look = \(name)"])
        daemon.signal(SIGHUP)
        #expect(eventually { daemon.log.contains("there is no user '\(name)'") })
      }
      try daemon.set(["api = on"])
      #expect(!FileManager.default.fileExists(atPath: daemon.socket))
      daemon.signal(SIGHUP)
      try daemon.awaitAPI()
      try daemon.set(["api = off"])
      daemon.signal(SIGHUP)
      #expect(eventually { daemon.log.contains("the new 'api' when abld is restarted") })
    }
  }

  @Test("a thousand clients leave it descriptors for the firewall") func descriptorLimit() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["api = off"])
      daemon.stop()
      daemon.wrapper.insert(contentsOf: ["/usr/bin/prlimit", "--nofile=256:8192"], at: 0)
      try daemon.set([])
      try daemon.start()
      try daemon.awaitAPI()
      let script = """
        import socket
        kept = []
        for number in range(1000):
          s = socket.socket(socket.AF_UNIX); s.connect("\(daemon.socket)"); kept.append(s)
        kept[999].send(b"GET /v1/check?host=192.0.2.99 HTTP/1.1\\r\\nHost: abl\\r\\n\\r\\n")
        print(kept[999].recv(12).decode(), flush=True)
        kept[0].recv(1)
        """
      let clients = try Child([
        "/usr/bin/prlimit", "--nofile=2048", "/usr/bin/python3", "-c", script,
      ])
      #expect(clients.said.hasPrefix("HTTP/1.1 200"))
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      clients.end()
    }
  }

  @Test("SIGTERM ends it while clients read, ask and say nothing, and the socket goes with it")
  func end() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      let script = """
        import socket
        kept = []
        for text in [b"GET /v1/events HTTP/1.1\\r\\nHost: abl\\r\\n\\r\\n", b"GET / HT", b""] * 8:
          s = socket.socket(socket.AF_UNIX); s.connect("\(daemon.socket)"); s.send(text); kept.append(s)
        kept[0].recv(9)
        print("ready", flush=True)
        while True: s = kept[0].recv(9999) or exit()
        """
      let clients = try Child(["/usr/bin/python3", "-c", script])
      #expect(clients.said.hasPrefix("r"))
      daemon.signal(SIGTERM)
      #expect(
        try eventually {
          try String(contentsOfFile: "/proc/\(daemon.id)/stat", encoding: .utf8).contains(") Z ")
        })
      daemon.stop()
      #expect(!FileManager.default.fileExists(atPath: daemon.socket))
      clients.end()
    }
  }

  @Test("no descriptor is lost over reloads and clients that leave") func descriptors() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.awaitAPI()
      #expect(try daemon.ask("/v1/status") == "200")
      try daemon.awaitWatches()
      let before = try daemon.descriptors().count
      for number in 1...50 {
        try daemon.set(["look = \(number)"])
        daemon.signal(SIGHUP)
        #expect(try daemon.ask("/v1/check?host=192.0.2.7") == "200")
      }
      try daemon.set(["look = nobody"])
      daemon.signal(SIGHUP)
      #expect(try eventually { try daemon.ask("/v1/status", as: "nobody") == "200" })
      #expect(try eventually { try daemon.descriptors().count <= before })
    }
  }

  @Test("a secret that others may read, or that is short, is told, and all else is served")
  func secret() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      let file = daemon.path("secret")
      try daemon.set(["dovecot = nobody:\(file)"])
      for (text, mode, complaint) in [
        ("0123456789abcdef\n", "644", "no other user may read"),
        ("0123456789abcde\n", "600", "at least 16 bytes"),
      ] {
        try shell("printf '\(text)' >'\(file)'; chmod \(mode) '\(file)'")
        daemon.stop()
        try daemon.start()
        #expect(eventually { daemon.log.contains(complaint) })
        try daemon.awaitAPI()
        #expect(try daemon.policyStatus("0123456789abcde") == "000")
      }
    }
  }

  @Test("with its secret Dovecot asks at the loopback; a port that is taken leaves the rest served")
  func dovecot() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      let (file, secret) = (daemon.path("secret"), "0123456789abcdef")
      try shell("echo \(secret) >'\(file)'; chmod 600 '\(file)'")
      try daemon.set(["report = nobody:imap", "dovecot = nobody:\(file)"])
      daemon.stop()
      try daemon.start()
      #expect(try eventually { try daemon.policyStatus(secret) == "200" })
      #expect(try daemon.policyStatus("another-16-bytes") == "403")
      daemon.stop()
      let other = try Child([
        "/usr/bin/python3", "-c",
        "import socket; s = socket.create_server((\"127.0.0.1\", 4848)); print(1, flush=True); s.accept()",
      ])
      #expect(other.said.hasPrefix("1"))
      try daemon.start()
      let reason = "cannot listen at port 4848: Address already in use"
      #expect(eventually { daemon.log.contains("Dovecot isn't answered: \(reason)") })
      try daemon.awaitAPI()
      #expect(try daemon.ask("/v1/status") == "200")
      other.end()
    }
  }
}

extension RunningDaemon {
  var socket: String { path("abld/api.sock") }

  /// Waits until the API is served, and lets other users come as far as to its socket.
  func awaitAPI() throws {
    chmod(directory, 0o711)
    guard try eventually({ try ask("/v1/check?host=192.0.2.99") == "200" }) else {
      throw Trouble("the API isn't served: \(log)")
    }
  }

  /// The status of an answer; 000 without one in so many seconds. A look has 120 ms: where that is
  /// too little, on a busy machine, the API says so by 503, and is asked again. A report isn't made
  /// again: it may count.
  func ask(
    _ target: String, _ more: [String] = [], as user: String = "root", patience: Int = 30
  ) throws -> String {
    let curl = ["curl", "-s", "-m", String(patience), "-o", "/dev/null", "-w", "%{http_code}"]
    let words = curl + ["--unix-socket", socket, "http://abl" + target] + more
    return try firstRight(
      { try Command("setpriv", ["--reuid", user, "--clear-groups"] + words).run().output },
      where: { $0 != "503" || !more.isEmpty })
  }

  func answer(_ target: String) throws -> String {
    try shell("curl -s -m 30 --unix-socket '\(socket)' 'http://abl\(target)'")
  }

  func reportFailure(
    of host: String, service: String = "sshd", as user: String = "root", patience: Int = 30
  ) throws -> String {
    let body = #"{"host":"\#(host)","user":"joe","service":"\#(service)"}"#
    return try ask(
      "/v1/fail", ["-H", "X-Abl: 1", "-H", "Content-Type: application/json", "-d", body], as: user,
      patience: patience)
  }

  /// The status of what Dovecot would be told.
  fileprivate func policyStatus(_ secret: String) throws -> String {
    let headers = "-H 'X-Abl-Secret: \(secret)' -H 'X-Abl: 1' -H 'Content-Type: application/json'"
    let target = "http://127.0.0.1:4848/v1/dovecot?command=allow"
    return try shell(
      "curl -s -m 30 -o /dev/null -w '%{http_code}' \(headers) -d '{}' '\(target)' || true")
  }
}
