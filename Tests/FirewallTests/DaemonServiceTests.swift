import Foundation
import Harness
import Testing

/// abld as a service: started, stopped, reloaded, and without its rights.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct DaemonServiceTests {
  @Test("what it blocked before it was stopped is there when it comes back, and without a gap")
  func restart() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      daemon.stop()
      #expect(try daemon.holds("192.0.2.7"))
      try daemon.fail("192.0.2.8")
      try daemon.start(isAwaited: false)
      var isHeld = true
      let isBack = try eventually {
        isHeld = try isHeld && daemon.holds("192.0.2.7")
        return try daemon.holds("192.0.2.8")
      }
      #expect(isBack && isHeld)
    }
  }

  @Test("a stop that clears leaves nothing") func clearing() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(settings: ["stop = clear"])
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      daemon.stop()
      #expect(try !daemon.table.isThere())
    }
  }

  @Test(
    "a mistake in the settings keeps what was, and says so; the next reload takes what is right")
  func reload() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      try daemon.set(["ports = al", "stop = clear"])
      daemon.signal(SIGHUP)
      #expect(
        eventually { daemon.log.contains("abld.conf:2:9: error: 'all' or 'guessed' expected") })
      #expect(eventually { daemon.log.contains("the settings stay as they were") })
      #expect(try daemon.holds("192.0.2.7") && !daemon.holds("192.0.2.7", port: 0))
      try daemon.set(["ports = all"])
      daemon.signal(SIGHUP)
      #expect(try daemon.comes("192.0.2.7", port: 0))
      #expect(try daemon.goes("192.0.2.7"))
    }
  }

  @Test("turned off it leaves the kernel, turned on it is back") func off() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      try daemon.set(["firewall = off"])
      daemon.signal(SIGHUP)
      #expect(try eventually { try !daemon.table.isThere() })
      try daemon.set([])
      daemon.signal(SIGHUP)
      #expect(try daemon.comes("192.0.2.7"))
    }
  }

  @Test("without the right to, it says so once, and goes on when it may") func denied() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.stop()
      try daemon.table.remove()
      daemon.wrapper = ["/usr/bin/setpriv", "--bounding-set", "-all", "--no-new-privs"]
      try daemon.start()
      #expect(eventually { daemon.log.contains("it takes CAP_NET_ADMIN") })
      try daemon.fail("192.0.2.7")
      #expect(daemon.reloadTwice())
      #expect(daemon.timesLogged("CAP_NET_ADMIN") == 1, "\(daemon.log)")
      #expect(daemon.state["blocks"] == "0" && daemon.state["trouble"]?.isEmpty == false)
    }
  }

  @Test("a second one is not started") func second() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      let outcome = try Command(
        Repository.program("abld"),
        ["--foreground", "--config", daemon.path("abld.conf"), "--run", daemon.path("abld")]
      ).run()
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("another abld runs already"))
    }
  }

  @Test("where it can have no lock it says why, and goes on") func unlockable() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.stop()
      try shell("cd '\(daemon.path("abld"))' && rm lock && ln -s nothing lock")
      try daemon.start(isAwaited: false)
      #expect(eventually { daemon.log.contains("/lock': Too many levels of symbolic links") })
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      #expect(!daemon.log.contains("another abld"), "\(daemon.log)")
    }
  }

  @Test("a state that can't be written is told of once") func untold() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.stop()
      try shell("mkdir '\(daemon.path("abld/state.new"))'")
      try daemon.start(isAwaited: false)
      // Each of these is a look, at whose end it would tell of itself.
      for host in ["192.0.2.7", "192.0.2.8", "192.0.2.9"] {
        try daemon.fail(host)
        #expect(try daemon.comes(host))
      }
      #expect(daemon.timesLogged("/state.new'") == 1, "\(daemon.log)")
    }
  }

  @Test("what is taken out after its end is no longer told of") func removed() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.fail("192.0.2.7")
      #expect(try daemon.comes("192.0.2.7"))
      daemon.stop()
      #expect(daemon.state["blocks"] == "1")
      let words = ["--config", daemon.path("abld.conf"), "--run", daemon.path("abld")]
      let outcome = try Command(Repository.program("abld"), ["--remove"] + words).run()
      #expect(outcome.status == 0, "\(outcome)")
      #expect(daemon.state["blocks"] == "0")
    }
  }

  @Test("a configuration that can't be read leaves what was, the white list too, and is told once")
  func unreadable() throws {
    try OwnNetwork.run {
      let more = ["network_rule = /24:3/1h", "host_whitelist = 192.0.2.9"]
      let daemon = try RunningDaemon(rule: "*:100/1h", more: more)
      for number in 1...3 { try daemon.fail("192.0.2.\(number)", times: 1) }
      #expect(try daemon.comes("192.0.2.0", length: 24))
      try shell("mv '\(daemon.config)' '\(daemon.config).away'")
      #expect(daemon.reloadTwice())
      #expect(try shell("nft list set inet abl allow4_32").contains("192.0.2.9"))
      #expect(daemon.timesLogged("the configuration stays as it was: ") == 1, "\(daemon.log)")
      #expect(daemon.timesLogged("can be read again") == 0, "\(daemon.log)")
      #expect(eventually { daemon.state["store_trouble"]?.contains("pam_abl.conf") == true })
      try shell("mv '\(daemon.config).away' '\(daemon.config)'")
      try daemon.fail("192.0.3.1", times: 1)
      #expect(eventually { daemon.timesLogged("the configuration can be read again") == 1 })
      #expect(eventually { daemon.state["store_trouble"] == "" })
    }
  }

  @Test("a start that can't read pam_abl.conf leaves in the kernel what was there")
  func unreadableAtStart() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:1/1h", more: ["host_whitelist = 192.0.2.9"])
      try daemon.fail("192.0.2.1", times: 1)
      #expect(try daemon.comes("192.0.2.1"))
      daemon.stop()
      // No login believes a file that others may write.
      try shell("chmod 666 '\(daemon.config)'")
      try daemon.start()
      #expect(eventually { daemon.timesLogged("what is blocked stays as it is: ") == 1 })
      #expect(eventually { daemon.state["store_trouble"]?.contains("pam_abl.conf") == true })
      #expect(try daemon.holds("192.0.2.1"))
      #expect(try shell("nft list set inet abl allow4_32").contains("192.0.2.9"))
      try shell("chmod 644 '\(daemon.config)'")
      #expect(eventually { daemon.timesLogged("the configuration can be read again") == 1 })
      try daemon.fail("192.0.2.2", times: 1)
      #expect(try daemon.comes("192.0.2.2") && daemon.holds("192.0.2.1"))
    }
  }

  @Test("a service manager hears that it is ready, alive, reloading and stopping")
  func notification() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.stop()
      let script = """
        import socket
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind("\(daemon.path("notify"))")
        print("bound", flush=True)
        with open("\(daemon.path("heard"))", "a") as f:
          while True: f.write(s.recv(999).decode() + "\\\\n"); f.flush()
        """.replacingOccurrences(of: "\\\\n", with: "\\n")
      let listener = try Child(["/usr/bin/python3", "-c", script])
      defer { withExtendedLifetime(listener) {} }
      #expect(listener.said.hasPrefix("b"))
      daemon.wrapper += [
        "/usr/bin/env", "NOTIFY_SOCKET=" + daemon.path("notify"), "WATCHDOG_USEC=200000",
      ]
      func hears(_ word: String) -> Bool {
        eventually {
          (try? String(contentsOfFile: daemon.path("heard"), encoding: .utf8))?.contains(word)
            == true
        }
      }
      try daemon.start()
      #expect(hears("READY=1") && hears("WATCHDOG=1"))
      daemon.signal(SIGHUP)
      #expect(hears("RELOADING=1\nMONOTONIC_USEC="))
      daemon.stop()
      #expect(hears("STOPPING=1"))
    }
  }
}
