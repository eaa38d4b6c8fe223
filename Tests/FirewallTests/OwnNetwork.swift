import Foundation
import Harness

/// Foundation doesn't show it, and a second view of libc's headers would contradict the first.
@_silgen_name("unshare") private func unshare(_ flags: Int32) -> Int32

/// A network of a test's own: what the kernel has for its firewall, addresses and connections there is
/// nothing of the machine's.
enum OwnNetwork {
  static let isAvailable = geteuid() == 0
  static let reason = "needs root, for a network of its own"

  /// Runs `body` on a thread that is in one; programs that it starts are, too.
  static func run(_ body: @escaping @Sendable () throws -> Void) throws {
    let (done, box) = (DispatchSemaphore(value: 0), Box())
    let thread = Thread {
      do {
        // CLONE_NEWNET
        guard unshare(0x4000_0000) == 0 else { throw Trouble("cannot unshare: errno \(errno)") }
        try shell("ip link set lo up")
        try body()
      } catch { box.error = error }
      done.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
    done.wait()
    if let error = box.error { throw error }
  }

  private final class Box: @unchecked Sendable {
    var error: (any Error)?
  }
}

struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Runs a script of sh to its end; its output.
@discardableResult
func shell(_ script: String) throws -> String {
  let outcome = try Command("/bin/sh", ["-euc", script]).run()
  guard outcome.status == 0 else { throw Trouble("\(script)\n\(outcome)") }
  return outcome.output
}

/// Another machine at the end of a cable: 10.9.0.2/16 and 2001:db8:9::2/32, which reaches us at
/// 10.9.0.1 and 2001:db8:9::1.
final class Peer {
  private let child: Child

  init() throws {
    child = try Child(["/usr/bin/unshare", "--net", "/bin/sleep", "1000"])
    let id = child.id
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net")
    let isApart = eventually {
      let its = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/ns/net")
      return its != nil && its != own
    }
    guard isApart else { throw Trouble("no second network") }
    try shell(
      """
      ip link add here type veth peer name there netns \(id)
      ip addr add 10.9.0.1/16 dev here
      ip -6 addr add 2001:db8:9::1/32 dev here nodad
      ip link set here up
      """)
    try run(
      """
      ip link set lo up
      ip addr add 10.9.0.2/16 dev there
      ip -6 addr add 2001:db8:9::2/32 dev there nodad
      ip link set there up
      """)
    guard try hearsEcho(of: "10.9.0.1"), try hearsEcho(of: "2001:db8:9::1") else {
      throw Trouble("the cable carries nothing")
    }
  }

  @discardableResult
  func run(_ script: String) throws -> String {
    try shell("nsenter -t \(child.id) -n -- sh -euc '\(script)'")
  }

  /// Whether an echo request of ICMP, or ICMPv6, is answered.
  func hearsEcho(of target: String) throws -> Bool {
    let script = """
      import socket, struct, time
      target, six = "\(target)", ":" in "\(target)"
      s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW,
                        socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
      s.settimeout(1)
      # Of ICMPv6 the kernel makes the sum; of this message ICMP has 0xf7ff.
      request = struct.pack("!BBHHH", 128 if six else 8, 0, 0 if six else 0xf7fd, 1, 1)
      end = time.monotonic() + 30
      while time.monotonic() < end:
        try:
          s.sendto(request, (target, 0))
          data, who = s.recvfrom(999)
          if (data if six else data[20:])[0] == (129 if six else 0):
            print("yes")
            break
        except OSError: time.sleep(0.05)
      """
    let directory = try TemporaryDirectory()
    let file = directory.file("echo.py")
    try script.write(to: file, atomically: true, encoding: .utf8)
    defer { withExtendedLifetime(directory) {} }
    return try run("python3 \(file.path)").hasPrefix("yes")
  }

  /// The words of a program that runs there.
  func enter(_ words: [String]) -> [String] {
    ["/usr/bin/nsenter", "-t", String(child.id), "-n", "--"] + words
  }

  func add(_ address: String) throws {
    let flag = address.contains(":") ? "nodad" : ""
    try run("ip addr add \(address) dev there \(flag)")
  }

  /// Whether a connection from `source` is answered; how long it waits for that is `patience` seconds.
  func connects(
    from source: String, to port: Int, patience: Int = 30, options: Bool = false
  ) throws -> Bool {
    let target = source.contains(":") ? "2001:db8:9::1" : "10.9.0.1"
    let script = """
      import socket, sys
      s = socket.socket(socket.AF_INET6 if ":" in "\(source)" else socket.AF_INET)
      s.settimeout(\(patience))
      if \(options ? "True" : "False"): s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
      s.bind(("\(source)", 0))
      try:
        s.connect(("\(target)", \(port)))
        print("yes")
      except TimeoutError:
        print("no")
      """
    let file = try TemporaryDirectory()
    defer { withExtendedLifetime(file) {} }
    try script.write(to: file.file("connect.py"), atomically: true, encoding: .utf8)
    return try run("python3 \(file.file("connect.py").path)").hasPrefix("yes")
  }
}

/// Something that listens at ports of TCP, and answers datagrams at those of DNS and NTP.
final class Listener {
  private let child: Child

  init(_ ports: [Int]) throws {
    let script = """
      import socket, selectors, sys
      keep, sel = [], selectors.DefaultSelector()
      for port in \(ports):
        s = socket.socket(socket.AF_INET6)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::", port)); s.listen(64); sel.register(s, 1)
      for port in [53, 123]:
        u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::", port)); sel.register(u, 1)
      print("ready", flush=True)
      while True:
        for key, _ in sel.select():
          s = key.fileobj
          if s.type == socket.SOCK_DGRAM:
            data, who = s.recvfrom(999); s.sendto(data, who)
          else:
            keep.append(s.accept())
      """
    child = try Child(["/usr/bin/python3", "-c", script])
    guard child.said.hasPrefix("r") else { throw Trouble("nothing listens") }
  }
}

/// Says back what it is told, at port 2222.
final class EchoServer {
  private let child: Child

  init() throws {
    let script = """
      import socket
      s = socket.socket(socket.AF_INET6)
      s.bind(("::", 2222)); s.listen(8)
      print("ready", flush=True)
      while True:
        c, _ = s.accept()
        try:
          while (data := c.recv(99)): c.sendall(data)
        except OSError: pass
      """
    child = try Child(["/usr/bin/python3", "-c", script])
    guard child.said.hasPrefix("r") else { throw Trouble("nothing listens") }
  }
}

/// A connection to it, from the other machine.
final class EchoClient {
  private let child: Child

  init(_ peer: Peer, _ port: Int) throws {
    let script = """
      import socket, sys
      s = socket.create_connection(("10.9.0.1", \(port)), 30)
      print("ready", flush=True)
      for line in sys.stdin:
        try:
          s.sendall(line.encode()); data = s.recv(99)
        except OSError: data = b""
        print(data.decode().strip() or "end", flush=True)
      """
    child = try Child(peer.enter(["/usr/bin/python3", "-c", script]))
    guard line == "ready" else { throw Trouble("no connection") }
  }

  /// The next line that the program prints.
  private var line: String {
    var text = ""
    while !text.hasSuffix("\n") {
      let more = child.said
      if more.isEmpty { break }
      text += more
    }
    return String(text.dropLast())
  }

  /// Whether what is said comes back.
  func says(_ word: String) throws -> Bool {
    child.say(word + "\n")
    return line == word
  }

  func isAtEnd() throws -> Bool {
    child.say("anything\n")
    return line == "end"
  }
}
