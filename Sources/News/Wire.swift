internal import CNews

/// A connection with a deadline for each of its steps.
@safe public struct Wire: ~Copyable {
  private let descriptor: CInt
  private let end: Int64

  /// How it carries.
  public enum Kind: Sendable { case stream, datagrams }

  /// - Parameters:
  ///   - milliseconds: what all of it may take.
  public init(
    _ kind: Kind = .stream, to address: Address, port: UInt16, within milliseconds: Int32
  ) throws(NewsError) {
    let type = kind == .stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue
    descriptor = unsafe cnews_reach(
      CInt(type), address.octets, address.octets.count, port, milliseconds)
    end = Clock.milliseconds + Int64(milliseconds)
    guard descriptor >= 0 else { throw .ofSystem("connect to \(address.text) port \(port)") }
  }

  /// All of it.
  public func send(_ bytes: [UInt8]) throws(NewsError) {
    var offset = 0
    while offset < bytes.count {
      try checkTime()
      let count = unsafe bytes[offset...].withUnsafeBytes {
        unsafe cnews_send(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { throw .ofSystem("send") }
      offset += count
    }
  }

  /// What has come, at least a byte; nothing at the end of it.
  public func receive(atMost most: Int = 65_536) throws(NewsError) -> [UInt8] {
    try checkTime()
    var buffer = [UInt8](repeating: 0, count: most)
    let count = unsafe recv(descriptor, &buffer, most, 0)
    guard count >= 0 else {
      if cnews_errno() == EAGAIN { throw NewsError("no answer in time") }
      throw .ofSystem("receive")
    }
    return Array(buffer.prefix(count))
  }

  /// All that comes until the other side ends.
  ///
  /// - Parameter most: what is longer is an error.
  public func receiveAll(atMost most: Int) throws(NewsError) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let piece = try receive()
      if piece.isEmpty { return all }
      all += piece
      guard all.count <= most else { throw NewsError("an answer of more than \(most) bytes") }
    }
  }

  /// The rest of the time is the next step's.
  private func checkTime() throws(NewsError) {
    let left = end - Clock.milliseconds
    guard left > 0 else { throw NewsError("no answer in time") }
    cnews_set_patience(descriptor, CInt(clamping: left))
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

extension Address {
  /// Those of a host, by the system's resolver; itself, if it is written as one.
  public static func resolve(_ host: String) -> [Address] {
    if let address = Address(host) { return [address] }
    guard 1...253 ~= host.utf8.count, host.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return [] }
    var octets = [UInt8](repeating: 0, count: 16 * 8)
    let count = unsafe cnews_resolve(host, &octets, 8)
    return (0..<Int(count)).map { Address(mapped: octets[(16 * $0)..<(16 * $0 + 16)]) }
  }
}

/// A server: a name or an address, and a port.
public struct Server: Equatable, Sendable {
  public var host: String
  public var port: UInt16

  public init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }

  /// Reads `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`; nil if it is none.
  public init?(_ text: String, port standard: UInt16) {
    var (host, port) = (text[...], standard)
    if Address(text) == nil, let colon = text.lastIndex(of: ":") {
      guard let number = UInt16(text[text.index(after: colon)...]), number > 0 else { return nil }
      (host, port) = (text[..<colon], number)
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    let isName = host.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
        || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
    guard 1...253 ~= host.utf8.count, isName || Address(String(host)) != nil,
      host.utf8.first != UInt8(ascii: "-")
    else { return nil }
    (self.host, self.port) = (String(host), port)
  }

  public var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
