public import Platform
public import Policy

/// A login of a user from an address, as wtmp(5) has it: sshd, login and others write one when a
/// user is in. For ablctl and abld.
public struct LoginRecord: Sendable {
  /// As much of it as there is room for there: 32 bytes.
  public let user: Name
  public let address: HostAddress
  public let time: Timestamp

  /// Bytes of a record: `struct utmp` of a 64-bit glibc.
  public static var length: Int { 384 }

  /// All of a file, as far as they are logins of users from addresses.
  ///
  /// - Parameter most: so many bytes are read, from its end.
  public static func read(_ path: Path, atMost most: Int) throws(SystemError) -> [LoginRecord] {
    let file = try File(path, .read)
    let size = try file.status.size / length * length
    let start = max(0, size - most / length * length)
    let bytes = try file.read(size - start, at: start)
    return stride(from: 0, to: bytes.count - length + 1, by: length).compactMap { place in
      LoginRecord(bytes[place..<place + length])
    }
  }

  /// Nil if it is no login of a user, or came from no address.
  public init?(_ record: ArraySlice<UInt8>) {
    func number(_ offset: Int, _ count: Int) -> Int64 {
      record.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
    // USER_PROCESS
    guard number(0, 2) == 7 else { return nil }
    let octets = record.dropFirst(348).prefix(16)
    let isV4 = octets.dropFirst(4).allSatisfy { $0 == 0 }
    guard octets.contains(where: { $0 != 0 }),
      let address = HostAddress(octets: isV4 ? octets.prefix(4) : octets)
    else { return nil }
    user = Name(record.dropFirst(44).prefix(32).prefix { $0 != 0 })
    (self.address, time) = (address, Timestamp(seconds: number(340, 4)))
  }
}
