internal import News

/// Hands a mail to a server, by SMTP as it is spoken on the machine itself: no TLS, no password.
enum SMTP {
  /// How long all of it may take, in milliseconds.
  static let patience: Int32 = 60_000

  /// - Parameter mail: with CR LF behind each line.
  static func send(
    _ mail: [UInt8], from: String, to: [String], server: Server
  ) throws(NewsError) {
    guard let address = Address.resolve(server.host).first else {
      throw NewsError("cannot find the mail server '\(server.host.shown)'")
    }
    do throws(NewsError) {
      let wire = try Wire(to: address, port: server.port, within: patience)
      try converse(wire, mail, from, to)
    } catch {
      throw NewsError("the mail server \(server.text): \(error.message)")
    }
  }

  private static func converse(
    _ wire: borrowing Wire, _ mail: [UInt8], _ from: String, _ to: [String]
  ) throws(NewsError) {
    var reader = Replies()
    try reader.expect("2", wire, "its greeting")
    try say("EHLO \(Identity.hostName)", wire)
    if try reader.reply(wire).first != "2" {
      try say("HELO \(Identity.hostName)", wire)
      try reader.expect("2", wire, "HELO")
    }
    try say("MAIL FROM:<\(from)>", wire)
    try reader.expect("2", wire, "MAIL")
    for recipient in to {
      try say("RCPT TO:<\(recipient)>", wire)
      try reader.expect("2", wire, "RCPT")
    }
    try say("DATA", wire)
    try reader.expect("3", wire, "DATA")
    try wire.send(stuffed(mail) + Array(".\r\n".utf8))
    try reader.expect("2", wire, "the mail")
    // It has it now; how it says good-bye doesn't matter.
    try? say("QUIT", wire)
  }

  private static func say(_ line: String, _ wire: borrowing Wire) throws(NewsError) {
    try wire.send(Array("\(line.shown)\r\n".utf8))
  }

  /// With a second dot where a line begins with one: a dot alone would be the end.
  static func stuffed(_ mail: [UInt8]) -> [UInt8] {
    var (result, isBegin): ([UInt8], Bool) = ([], true)
    for byte in mail {
      if isBegin, byte == UInt8(ascii: ".") { result.append(byte) }
      result.append(byte)
      isBegin = byte == 10
    }
    return result
  }
}

/// What a server answers, line by line.
private struct Replies {
  private var waiting: [UInt8] = []
  private static let longest = 64 << 10

  /// The last line of the next reply.
  mutating func reply(_ wire: borrowing Wire) throws(NewsError) -> String {
    var budget = Self.longest
    while true {
      let line = try self.line(wire, &budget)
      // "250-" has more behind it.
      if line.utf8.dropFirst(3).first != UInt8(ascii: "-") { return line }
    }
  }

  mutating func expect(
    _ first: Character, _ wire: borrowing Wire, _ what: String
  ) throws(NewsError) {
    let line = try reply(wire)
    guard line.first == first else {
      throw NewsError("it refused \(what): '\(line.prefix(200).shown)'")
    }
  }

  private mutating func line(
    _ wire: borrowing Wire, _ budget: inout Int
  ) throws(NewsError) -> String {
    while true {
      if let end = waiting.firstIndex(of: 10) {
        let line = waiting[..<end].filter { $0 != 13 }
        waiting.removeFirst(end + 1)
        return String(decoding: line, as: UTF8.self)
      }
      let more = try wire.receive()
      budget -= more.count
      guard !more.isEmpty else { throw NewsError("it ended the connection") }
      guard budget > 0 else { throw NewsError("it talks without an end") }
      waiting += more
    }
  }
}
