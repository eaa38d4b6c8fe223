/// One message of the kernel's.
struct Reply {
  let type: UInt16
  let flags: UInt16
  let sequence: UInt32
  /// The port of the socket whose request this follows from.
  let port: UInt32
  /// What stands behind the header.
  let body: ArraySlice<UInt8>

  /// The messages of a datagram; what is cut short is left out.
  static func all(in datagram: [UInt8]) -> [Reply] {
    var replies: [Reply] = []
    var rest = datagram[...]
    while let reply = Reply(first: rest) {
      replies.append(reply)
      let length = (reply.body.endIndex - rest.startIndex + 3) & ~3
      rest = rest.dropFirst(length)
    }
    return replies
  }

  private init?(first bytes: ArraySlice<UInt8>) {
    guard let length = bytes.native32(at: 0), length >= 16, length <= bytes.count else {
      return nil
    }
    type = bytes.native16(at: 4) ?? 0
    flags = bytes.native16(at: 6) ?? 0
    sequence = bytes.native32(at: 8) ?? 0
    port = bytes.native32(at: 12) ?? 0
    body = bytes.dropFirst(16).prefix(Int(length) - 16)
  }

  /// The `errno` that it reports, 0 of an acknowledgement; nil if it is no such message.
  var error: Int32? {
    guard type == 2, let number = body.native32(at: 0) else { return nil }
    return Int32(bitPattern: 0 &- number)
  }

  /// Whether it ends the answers to a request for many.
  var isEnd: Bool { type == 3 }

  /// Which message of nf_tables it is; nil for others.
  var tableMessage: UInt16? { type >> 8 == 10 ? type & 0xFF : nil }

  /// The attributes behind a header of `length` bytes, those of nf_tables by default.
  func attributes(behind length: Int = 4) -> [UInt16: ArraySlice<UInt8>] {
    body.dropFirst(length).attributes
  }
}

extension ArraySlice<UInt8> {
  /// The attributes that this consists of; of several of one type the last.
  var attributes: [UInt16: ArraySlice<UInt8>] {
    var found: [UInt16: ArraySlice<UInt8>] = [:]
    var rest = self
    while let length = rest.native16(at: 0), let type = rest.native16(at: 2), length >= 4,
      length <= rest.count
    {
      found[type & 0x3FFF] = rest.dropFirst(4).prefix(Int(length) - 4)
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return found
  }

  func native16(at offset: Int) -> UInt16? { native(at: offset, count: 2).map { UInt16($0) } }

  func native32(at offset: Int) -> UInt32? { native(at: offset, count: 4).map { UInt32($0) } }

  private func native(at offset: Int, count: Int) -> UInt64? {
    guard offset + count <= self.count else { return nil }
    let isBigEndian = UInt16(1).bigEndian == 1
    var number: UInt64 = 0
    for place in 0..<count {
      let byte = UInt64(self[startIndex + offset + place])
      number = isBigEndian ? number << 8 | byte : number | byte << UInt64(8 * place)
    }
    return number
  }

  /// As a number, the first byte the most significant.
  var number: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

  /// What stands before the NUL.
  var beforeNUL: ArraySlice<UInt8> { prefix { $0 != 0 } }
}
