internal import Policy

/// Names of hosts or of users: `*` is any run of bytes, `?` any one byte.
struct NamePattern {
  let bytes: [UInt8]

  /// - Parameter bytes: of a host's, no difference is made between small and capital letters.
  init(_ bytes: [UInt8], _ kind: Kind) {
    self.bytes = kind == .host ? bytes.map { $0.lowercased } : bytes
  }

  var isWild: Bool { bytes.contains(Self.any) || bytes.contains(Self.one) }

  func matches(_ subject: Subject) -> Bool {
    switch subject {
    case .host(let host): matches(host.bytes)
    case .user(let user): matches(user.bytes)
    // The old tool knows of none of these.
    case .network, .home, .caller: false
    }
  }

  private static let any = UInt8(ascii: "*")
  private static let one = UInt8(ascii: "?")

  /// Goes back to the last `*` only, so that no pattern takes longer than its length times the
  /// name's.
  func matches(_ name: [UInt8]) -> Bool {
    var (index, offset) = (0, 0)
    var retry: (index: Int, offset: Int)?
    while offset < name.count {
      if index < bytes.count, bytes[index] == Self.any {
        index += 1
        retry = (index, offset)
      } else if index < bytes.count, bytes[index] == Self.one || bytes[index] == name[offset] {
        (index, offset) = (index + 1, offset + 1)
      } else if let last = retry {
        retry = (last.index, last.offset + 1)
        (index, offset) = (last.index, last.offset + 1)
      } else {
        return false
      }
    }
    return bytes[index...].allSatisfy { $0 == Self.any }
  }
}

extension UInt8 {
  fileprivate var lowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
