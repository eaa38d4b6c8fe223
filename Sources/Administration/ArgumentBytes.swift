internal import CSystem
internal import Policy

/// Carries the bytes of our arguments through ArgumentParser, which knows strings only.
///
/// An argument that isn't UTF-8 has each of its bytes beyond ASCII as the scalar U+10FF00 plus that
/// byte: scalars that mean nothing to anybody. An argument that has such scalars is carried so,
/// too.
enum ArgumentBytes {
  private static let carriers: ClosedRange<UInt32> = 0x10FF80...0x10FFFF

  /// The arguments we were started with, without our name.
  static var ofProcess: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      guard let argument = unsafe CommandLine.unsafeArgv[index] else { return nil }
      let bytes = unsafe UnsafeRawBufferPointer(start: argument, count: strlen(argument))
      return unsafe string(carrying: Array(bytes))
    }
  }

  /// The name we were started under, without its directory.
  static var programName: ArraySlice<UInt8> {
    guard CommandLine.argc > 0, let name = unsafe CommandLine.unsafeArgv[0] else { return [] }
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
    return bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
  }

  static func string(carrying bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self),
      !text.unicodeScalars.contains(where: { carriers.contains($0.value) })
    {
      return text
    }
    var scalars = String.UnicodeScalarView()
    for byte in bytes {
      let value = byte < 0x80 ? UInt32(byte) : 0x10FF00 + UInt32(byte)
      if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
    }
    return String(scalars)
  }

  /// The bytes that `text` carries.
  static func bytes(in text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if carriers.contains(scalar.value) {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes += UTF8.encode(scalar)?.map { $0 } ?? []
      }
    }
    return bytes
  }

  /// What `text` carries, as it may be shown.
  static func harmless(_ text: String) -> String {
    shown(bytes(in: text))
  }

  /// Likewise, in quotes.
  static func quoted(_ text: String) -> String { String(Name(bytes(in: text)).quoted) }

  /// `bytes`, as they may be shown.
  static func shown(_ bytes: [UInt8]) -> String { Name(bytes).shown }
}
