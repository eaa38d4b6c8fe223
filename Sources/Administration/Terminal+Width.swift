internal import CSystem

extension Terminal {
  /// How many columns standard output has; nil if it is no terminal, or that doesn't tell.
  static var width: Int? { width(of: .output) }

  /// Likewise of `stream`.
  static func width(of stream: Stream) -> Int? {
    guard isPerson(stream) else { return nil }
    let columns = Int(csystem_columns(stream.rawValue))
    return columns > 0 ? columns : nil
  }

  /// Whether the locale is one of UTF-8, so that more than ASCII may be drawn; names are printed as
  /// they are in any.
  static var isUnicode: Bool {
    for variable in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = unsafe getenv(variable), unsafe value.pointee != 0 else { continue }
      let name = unsafe String(cString: value).lowercased()
      return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
    }
    return false
  }
}
