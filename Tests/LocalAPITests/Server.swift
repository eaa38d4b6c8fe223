import Foundation
import Harness

/// The API that was built, with a configuration, a store and a socket of its own.
class Server: Machine, @unchecked Sendable {
  private(set) var process: Child?
  private let words: [String]

  var socket: String { path("api.sock") }
  var id: pid_t { process?.id ?? 0 }

  /// - Parameters:
  ///   - rules: what the configuration says beside where the store is.
  ///   - words: see Tests/APIServe. A look may take as long as a busy machine needs, unless they say
  ///     something else.
  init(_ rules: String = "host_rule = *:3/1h\nuser_rule = *:10/1h\n", _ words: [String] = [])
    throws
  {
    let hasLook = words.contains { $0.hasPrefix("look-ms=") }
    self.words = words + (hasLook ? [] : ["look-ms=20000"])
    try super.init(in: nil)
    // Other users are to reach the socket.
    chmod(directory, 0o711)
    for home in ["db", "run"] { try makeDirectory(home) }
    try configure(rules: rules)
    try start()
  }

  func start() throws {
    process = try Child([Repository.program("api-serve"), config, socket] + words)
    try waitUntil("the server listens") { (try? Client(socket)) != nil }
  }

  /// What it has of memory, in KiB, without what is a file's.
  var memory: Int {
    get throws {
      let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
      return line?.split { " \t".contains($0) }.dropFirst().first.flatMap { Int($0) } ?? .max
    }
  }

  /// Ends it without a word.
  func kill() {
    process?.end()
    process = nil
  }

  /// Does one request as root, or whoever runs the tests.
  func ask(
    _ method: String, _ target: String, _ body: String? = nil, _ headers: [String] = []
  ) throws -> Answer { try Client(socket).ask(method, target, body, headers) }

  func attempt(
    _ user: String = "joe", _ host: String = "192.0.2.7", wait: Int = 0
  ) throws -> Answer {
    try ask(
      "POST", "/v1/attempts",
      #"{"user":"\#(user)","host":"\#(host)","service":"nginx","wait":\#(wait)}"#)
  }

  func settle(_ answer: Answer, _ verdict: String) throws -> Int {
    let number = answer.headers["x-abl-attempt"] ?? "none"
    return try ask("PUT", "/v1/attempts/\(number)", #"{"verdict":"\#(verdict)"}"#).status
  }

  /// Whether the host is blocked.
  func isBlocked(_ host: String = "192.0.2.7") throws -> Bool {
    try ask("GET", "/v1/check?host=\(host)").status == 403
  }

  /// Does one request as another user, by curl, and gives the status.
  func status(as user: String, _ arguments: [String]) throws -> String {
    let curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket]
    let words = ["--reuid", user, "--clear-groups"] + curl + arguments
    return try Command("setpriv", words).run().output
  }
}

struct Answer {
  let status: Int
  let headers: [String: String]
  let body: String
}

/// A connection to the API, kept.
final class Client {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ path: String) throws {
    descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Closed() }
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// The server has left, or says nothing.
  struct Closed: Error {}

  func ask(
    _ method: String, _ target: String, _ body: String? = nil, _ headers: [String] = []
  ) throws -> Answer {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: abl"] + headers
    if let body {
      lines += [
        "X-Abl: 1", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
      ]
    }
    try send((lines + ["", body ?? ""]).joined(separator: "\r\n"))
    return try answer(hasBody: method != "HEAD")
  }

  func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Closed() }
      rest = rest.dropFirst(count)
    }
  }

  /// Reads one answer; that of HEAD says the length of a body that it hasn't.
  func answer(hasBody: Bool = true) throws -> Answer {
    let head = try read(until: "\r\n\r\n")
    let lines = head.split(separator: "\r\n").map(String.init)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
    let length = hasBody ? Int(headers["content-length"] ?? "") ?? 0 : 0
    while buffer.count < length { try read() }
    let body = String(decoding: buffer.prefix(length), as: UTF8.self)
    buffer.removeFirst(length)
    return Answer(status: status, headers: headers, body: body)
  }

  /// What comes up to `end`, and with it.
  func read(until end: String) throws -> String {
    let mark = Array(end.utf8)
    while true {
      if let range = buffer.firstRange(of: mark) {
        let text = String(decoding: buffer[..<range.upperBound], as: UTF8.self)
        buffer.removeFirst(range.upperBound)
        return text
      }
      try read()
    }
  }

  private func read() throws {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    guard count > 0 else { throw Closed() }
    buffer += piece.prefix(count)
  }

  /// Whether the server has left; nothing of what it has said is read.
  var isLeft: Bool {
    var look = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&look, 1, 0) > 0 && look.revents & Int16(POLLHUP) != 0
  }

  /// Reads what is there by now, and says how many bytes that were.
  func take(atMost most: Int) -> Int {
    var piece = [UInt8](repeating: 0, count: most)
    return max(0, recv(descriptor, &piece, piece.count, Int32(MSG_DONTWAIT)))
  }

  /// Whether the server leaves within 30 s, whatever it says before.
  var isClosedByServer: Bool {
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &piece, piece.count, 0)
      if count == 0 || count < 0 && errno == ECONNRESET { return true }
      if count < 0 { return false }
    }
  }
}
