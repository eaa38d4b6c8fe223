internal import News

/// Asks a zone of DNS that has contacts as texts, as abusix' does: `7.2.0.192.ZONE TXT`.
struct ContactZone {
  private let settings: CourierSettings
  private static let patience: Int32 = 5000

  init(_ settings: CourierSettings) { self.settings = settings }

  func mailbox(for address: Address) throws(NewsError) -> String? {
    guard !settings.contactZone.isEmpty else { return nil }
    let server = if let set = settings.contactDNS { set } else { try Self.systemServer() }
    guard let place = Address(server.host) else { throw NewsError("no server of names is known") }
    let question = DNSQuestion(
      name: Self.reversed(address) + "." + settings.contactZone, id: .random(in: 0 ... .max))
    let wire = try Wire(.datagrams, to: place, port: server.port, within: Self.patience)
    try wire.send(question.encoded)
    // What doesn't answer this question is no answer: another sender may have made it up.
    for _ in 0..<20 {
      guard let texts = question.texts(in: try wire.receive(atMost: 4096)) else { continue }
      return Mailbox.first(of: texts.flatMap(Self.candidates))
    }
    throw NewsError("answers to what was not asked")
  }

  /// A text may have several, with commas between them.
  private static func candidates(_ text: String) -> [String] {
    text.split { ",;".contains($0) }.map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  static func reversed(_ address: Address) -> String {
    guard address.isIPv6 else {
      return address.octets.reversed().map { String($0) }.joined(separator: ".")
    }
    let digits = address.octets.flatMap { [$0 >> 4, $0 & 15] }
    return digits.reversed().map { String($0, radix: 16) }.joined(separator: ".")
  }

  /// The first that /etc/resolv.conf names.
  private static func systemServer() throws(NewsError) -> Server {
    let text = try StateDirectory("/etc").read("resolv.conf", followingLinks: true) ?? []
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 2, words[0] == "nameserver", Address(String(words[1])) != nil else {
        continue
      }
      return Server(host: String(words[1]), port: 53)
    }
    throw NewsError("no server of names is known")
  }
}

/// A question for texts, and its answer, as RFC 1035 has them.
struct DNSQuestion {
  private let name: [UInt8]
  private let id: UInt16

  private static let text: [UInt8] = [0, 16]

  init(name: String, id: UInt16) {
    self.name =
      name.split(separator: ".").flatMap { [UInt8(clamping: $0.utf8.count)] + Array($0.utf8) } + [0]
    self.id = id
  }

  /// With recursion, and room for 1232 bytes (EDNS).
  var encoded: [UInt8] {
    let head: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    return head + name + Self.text + [0, 1] + [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
  }

  /// The texts of an answer to this question; nil if it is none.
  func texts(in answer: [UInt8]) -> [String]? {
    guard answer.count >= 12, answer[0] == UInt8(id >> 8), answer[1] == UInt8(id & 255),
      answer[2] & 0x80 != 0, answer[4...5] == [0, 1]
    else { return nil }
    let question = answer[12...].prefix(name.count + 4)
    guard question.map(Self.lowered) == (name + Self.text + [0, 1]).map(Self.lowered) else {
      return nil
    }
    // Another code than "no error", or one that was cut off: there is no contact in it.
    guard answer[3] & 15 == 0, answer[2] & 2 == 0 else { return [] }
    var (offset, texts): (Int, [String]) = (12 + name.count + 4, [])
    let count = min(Int(answer[6]) << 8 | Int(answer[7]), 50)
    for _ in 0..<count {
      guard let record = Record(answer, &offset) else { break }
      if record.isText { texts.append(record.text) }
    }
    return texts
  }

  /// Servers may change the case of letters.
  private static func lowered(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  private struct Record {
    let isText: Bool
    let data: ArraySlice<UInt8>

    /// Nil if what stands at `offset` is none; then `offset` makes no sense any more.
    init?(_ answer: [UInt8], _ offset: inout Int) {
      while offset < answer.count, answer[offset] != 0 {
        if answer[offset] & 0xC0 == 0xC0 {
          offset += 1
          break
        }
        guard answer[offset] & 0xC0 == 0 else { return nil }
        offset += Int(answer[offset]) + 1
      }
      offset += 1
      guard offset + 10 <= answer.count else { return nil }
      isText = answer[offset..<(offset + 4)] == [0, 16, 0, 1]
      let length = Int(answer[offset + 8]) << 8 | Int(answer[offset + 9])
      offset += 10
      guard offset + length <= answer.count else { return nil }
      data = answer[offset..<(offset + length)]
      offset += length
    }

    /// Its pieces, one behind the other.
    var text: String {
      var (rest, bytes): (ArraySlice<UInt8>, [UInt8]) = (data, [])
      while let length = rest.popFirst() {
        bytes += rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
