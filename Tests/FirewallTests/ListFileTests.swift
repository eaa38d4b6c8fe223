import Foundation
import Harness
import Testing

@testable import Firewall

/// The list file that abld writes, as the programs of Debian read it.
@Suite(.enabled(if: OwnNetwork.isAvailable, "needs root, for a network of its own"), .serialized)
struct ListFileTests {
  /// Debian 12 and 13 have it in different places.
  private static let tcpdmatch =
    ["/usr/bin/tcpdmatch", "/usr/sbin/tcpdmatch"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    } ?? ""

  /// From Debian 13 on the program for each connection has it.
  private static var hasLibwrap: Bool {
    let programs = "/usr/sbin/sshd /usr/lib/openssh/sshd-session"
    return (try? shell("ldd \(programs) 2>&1 | grep libwrap")) != nil
  }

  @Test("a blocked host comes into the file, for all to read, and leaves it when it is unblocked")
  func follows() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.list()
      try daemon.fail("192.0.2.7")
      try daemon.fail("2001:db8::7")
      #expect(eventually { daemon.listed == "192.0.2.7\n[2001:db8::]/64\n" }, "\(daemon.log)")
      let file = daemon.path("list/hosts.deny")
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o644)
      try daemon.forgive("192.0.2.7")
      #expect(eventually { daemon.listed == "[2001:db8::]/64\n" })
      #expect(eventually { daemon.state["listed"] == "1" })
      daemon.stop()
      #expect(daemon.listed == nil)
    }
  }

  @Test("a host leaves the file by itself when its block ends") func expiry() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:3/5s")
      try daemon.list()
      // On a busy machine a block may be over before it is seen: then there is another.
      let isSeen = try eventually {
        try daemon.fail("192.0.2.7")
        return eventually(within: 4) { daemon.listed == "192.0.2.7\n" }
      }
      #expect(isSeen, "\(daemon.log)")
      #expect(eventually { daemon.listed == "" })
    }
  }

  @Test("how many hosts it has is told where the firewall is off, too") func told() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:3/5s", settings: ["firewall = off"])
      try daemon.list(["firewall = off"])
      let isSeen = try eventually {
        try daemon.fail("192.0.2.7")
        return eventually(within: 4) { daemon.state["listed"] == "1" }
      }
      #expect(isSeen, "\(daemon.log)")
      #expect(eventually { daemon.state["listed"] == "0" })
    }
  }

  @Test("what is allowed is taken out of a network that is blocked") func within() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(
        rule: "*:100/1h", more: ["network_rule = /24:3/1h", "host_whitelist = 192.0.2.9"])
      try daemon.list()
      for host in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] { try daemon.fail(host, times: 1) }
      let parts = [
        "192.0.2.0/29", "192.0.2.8", "192.0.2.10/31", "192.0.2.12/30", "192.0.2.16/28",
        "192.0.2.32/27", "192.0.2.64/26", "192.0.2.128/25",
      ]
      #expect(eventually { daemon.listed == parts.joined(separator: "\n") + "\n" }, "\(daemon.log)")
      // Likewise what is allowed by hand; and a block by hand is in it.
      let ablctl = "\(Repository.program("ablctl"))"
      let file = daemon.path("pam_abl.conf")
      try shell("\(ablctl) allow 192.0.2.8 -c \(file); \(ablctl) block 192.0.3.0/24 -c \(file)")
      let rest = parts.filter { $0 != "192.0.2.8" } + ["192.0.3.0/24"]
      #expect(eventually { daemon.listed == rest.joined(separator: "\n") + "\n" }, "\(daemon.log)")
    }
  }

  @Test("an address that host_rule names is no part of a prefix that is blocked as one host")
  func named() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(
        rule: "!192.0.2.9:3/1h 192.0.2.9:100/1h", more: ["host_prefix = 24:64"])
      try daemon.list()
      for host in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] { try daemon.fail(host, times: 1) }
      #expect(eventually { daemon.listed?.contains("192.0.2.8\n192.0.2.10/31\n") == true })
      #expect(try daemon.comes("192.0.2.8") && !daemon.holds("192.0.2.9"), "\(daemon.log)")
    }
  }

  @Test("without the setting there is no file, and one that there was goes") func off() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.list()
      try daemon.fail("192.0.2.7")
      #expect(eventually { daemon.listed == "192.0.2.7\n" })
      try daemon.set([])
      daemon.signal(SIGHUP)
      #expect(eventually { daemon.listed == nil })
    }
  }

  @Test("a file that another one wrote is neither replaced nor removed") func foreign() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      let file = daemon.path("list/hosts.deny")
      try shell("mkdir -p '\(daemon.path("list"))'; echo 'ALL: 192.0.2.0/24' >'\(file)'")
      try daemon.list()
      try daemon.fail("192.0.2.7")
      #expect(eventually { daemon.state["list_trouble"]?.contains("another one wrote it") == true })
      try daemon.set([])
      #expect(daemon.reloadTwice())
      #expect(daemon.listed == "ALL: 192.0.2.0/24\n")
      try daemon.list()
      #expect(eventually { daemon.timesLogged("another one wrote it") == 2 }, "\(daemon.log)")
      try shell("rm '\(file)'")
      #expect(eventually { daemon.listed == "192.0.2.7\n" }, "\(daemon.log)")
    }
  }

  @Test("what abld left behind at a crash is made right at its start") func crash() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.list()
      try daemon.fail("192.0.2.7")
      try daemon.fail("192.0.2.8")
      #expect(eventually { daemon.listed == "192.0.2.7\n192.0.2.8\n" })
      daemon.die()
      try daemon.forgive("192.0.2.8")
      try daemon.start()
      #expect(eventually { daemon.listed == "192.0.2.7\n" })
    }
  }

  @Test("it is replaced once in a second at most, however many hosts get blocked")
  func rate() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:1/1h")
      try daemon.list()
      var versions: Set<Int> = []
      let begun = Date()
      for index in 0..<400 {
        try daemon.fail("192.0.\(index / 250).\(index % 250 + 1)", times: 1)
        if let version = daemon.listVersion { versions.insert(version) }
        usleep(5000)
      }
      #expect(
        eventually {
          if let version = daemon.listVersion { versions.insert(version) }
          return daemon.listed?.split(separator: "\n").count == 400
        })
      let seconds = Date().timeIntervalSince(begun)
      #expect(!versions.isEmpty && Double(versions.count) <= seconds + 2, "\(versions.count)")
    }
  }

  @Test("names that guessers choose never get in") func names() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon(rule: "*:1/1h")
      try daemon.list()
      let names = [
        "ALL", "ALL EXCEPT 10.0.0.1", "192.0.2.1 ALL", "/etc/passwd", "@group", "KNOWN", ".org",
        "192.0.2.", "\nALL\n", String(repeating: "\u{1B}[2J ALL ", count: 28),
      ]
      for name in names { try daemon.fail(name, times: 1) }
      try daemon.fail("192.0.2.7", times: 1)
      #expect(eventually { daemon.listed == "192.0.2.7\n" }, "\(daemon.log)")
    }
  }

  @Test(
    "libwrap denies a host that is in it, by tcpdmatch",
    .enabled(if: !tcpdmatch.isEmpty, "needs tcpd"))
  func libwrap() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      try daemon.list()
      try daemon.fail("192.0.2.7")
      try daemon.fail("2001:db8::7")
      #expect(eventually { daemon.listed == "192.0.2.7\n[2001:db8::]/64\n" })
      try "".write(to: daemon.file("hosts.allow"), atomically: true, encoding: .utf8)
      let rule = "sshd: \(daemon.path("list/hosts.deny"))\n"
      try rule.write(to: daemon.file("hosts.deny"), atomically: true, encoding: .utf8)
      func access(_ host: String) throws -> Bool {
        let said = try shell("cd \(daemon.path(".")) && '\(Self.tcpdmatch)' -d sshd '\(host)'")
        return said.contains("access:   granted")
      }
      #expect(try !access("192.0.2.7") && access("192.0.2.8"))
      #expect(try !access("2001:db8::7") && access("2001:db8:0:1::8"))
    }
  }

  @Test(
    "Debian's sshd denies a host that is in it, and no other",
    .enabled(if: Self.hasLibwrap, "needs libwrap in sshd"))
  func sshd() throws {
    try OwnNetwork.run {
      let peer = try Peer()
      try peer.add("10.9.0.3/16")
      // In the kernel it would have no connection at all.
      let daemon = try RunningDaemon(settings: ["firewall = off"])
      try daemon.list(["firewall = off"])
      let server = try WrappedServer(list: daemon.path("list/hosts.deny"), in: daemon)
      #expect(try server.greets(peer, from: "10.9.0.3") && server.greets(peer, from: "10.9.0.2"))
      try daemon.fail("10.9.0.3")
      #expect(eventually { daemon.listed == "10.9.0.3\n" }, "\(daemon.log)")
      #expect(try !server.greets(peer, from: "10.9.0.3") && server.greets(peer, from: "10.9.0.2"))
    }
  }
}

extension RunningDaemon {
  /// Has it write a list file.
  fileprivate func list(_ more: [String] = []) throws {
    try set(["list_file = \(path("list/hosts.deny"))"] + more)
    signal(SIGHUP)
  }

  /// What the file has; nil if there is none.
  fileprivate var listed: String? {
    try? text("list/hosts.deny")
  }

  /// Another number for each file that stood there.
  fileprivate var listVersion: Int? {
    var status = stat()
    guard stat(path("list/hosts.deny"), &status) == 0 else { return nil }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }
}

/// Debian's sshd at port 2222, with an /etc/hosts.deny of its own that names a list file.
private final class WrappedServer {
  private let child: Child
  private let machine: Machine

  init(list: String, in machine: Machine) throws {
    self.machine = machine
    let path = machine.path
    try shell("ssh-keygen -q -t ed25519 -N '' -f \(path("hostkey"))")
    let rule = "sshd: \(list)\n"
    try machine.write(rule, to: "rule")
    let words = "-D -e -p 2222 -f /dev/null -h \(path("hostkey")) -o PidFile=none"
    child = try Child([
      "/usr/bin/unshare", "--mount", "/bin/sh", "-ec",
      """
      mount -t tmpfs none /run; mkdir /run/sshd
      touch \(path("none")); mount --bind \(path("none")) /etc/hosts.allow
      mount --bind \(path("rule")) /etc/hosts.deny
      exec /usr/sbin/sshd \(words) 2>\(path("sshd.log"))
      """,
    ])
  }

  /// Whether a client is told the server's version; waits until it listens.
  func greets(_ peer: Peer, from address: String) throws -> Bool {
    let script = """
      import socket, time
      end = time.monotonic() + 30
      while True:
        s = socket.socket(); s.settimeout(30); s.bind(("\(address)", 0))
        try: s.connect(("10.9.0.1", 2222)); break
        except ConnectionRefusedError:
          if time.monotonic() > end: raise
          time.sleep(0.05)
      try: print("yes" if s.recv(99).startswith(b"SSH-") else "no")
      except ConnectionResetError: print("no")
      """
    let file = machine.file("greets.py")
    try script.write(to: file, atomically: true, encoding: .utf8)
    return try peer.run("python3 \(file.path)").hasPrefix("yes")
  }
}
