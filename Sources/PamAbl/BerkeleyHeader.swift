internal import Policy
internal import Text

/// What stands above the records of a Berkeley DB dump.
struct BerkeleyHeader {
  /// Whether bytes are printed as they are where that is possible (`-p`), else in hexadecimal.
  private var isPrinted = false
  /// Whether the records are pam_abl's; a file may hold several databases.
  private(set) var isOurs = true
  private(set) var isComplete = false

  /// Takes one line over; says what is wrong with it, if so.
  mutating func read(_ line: ArraySlice<UInt8>, isSalvaged: Bool) -> String? {
    let text = String(decoding: line, as: UTF8.self)
    switch text {
    case "HEADER=END": isComplete = true
    case "format=print": isPrinted = true
    case "format=bytevalue": isPrinted = false
    // 0.6.0 calls it the one, 0.9 the other.
    case "database=state", "database=db": break
    case "database=__OTHER__" where isSalvaged: break
    case "type=btree", "type=hash", "keys=1": break
    case _ where text.hasPrefix("database="), _ where text.hasPrefix("type="),
      _ where text.hasPrefix("keys="):
      isOurs = false
      return "'\(Name(Array(line)).escaped)': not a database of pam_abl, ignoring"
    default: break
    }
    return nil
  }

  /// The bytes that a line of data means; nil if it is malformed.
  func bytes(of line: ArraySlice<UInt8>) -> [UInt8]? {
    guard line.first == UInt8(ascii: " ") else { return nil }
    let text = line.dropFirst()
    return isPrinted ? Self.printed(text) : [UInt8](hexadecimal: text)
  }

  /// Bytes that are written as they are, but `\\` and `\xx`; nil if that is malformed.
  private static func printed(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let backslash = UInt8(ascii: "\\")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      guard byte == backslash else {
        bytes.append(byte)
        continue
      }
      guard index < text.endIndex else { return nil }
      if text[index] == backslash {
        bytes.append(backslash)
        index += 1
      } else {
        guard index + 1 < text.endIndex, let high = text[index].hexValue,
          let low = text[index + 1].hexValue
        else { return nil }
        bytes.append(high << 4 | low)
        index += 2
      }
    }
    return bytes
  }
}
