extension Unicode.Scalar {
  /// How many columns a terminal gives it: two for the wide ones of East Asia and for pictures, none
  /// for marks that are put on what stands before them.
  var columns: Int {
    switch value {
    case 0..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FF,
      0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: break
    }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }
}

extension String {
  /// How many columns of a terminal it takes.
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

  /// The text in `width` columns at most: what is longer loses its middle.
  func shortened(to width: Int) -> String {
    guard columns > width else { return self }
    let mark = width >= 8 ? "..." : ""
    let room = max(width - mark.count, 0)
    let front = Self.prefix(unicodeScalars, room - room / 2)
    let back = Self.prefix(unicodeScalars.reversed(), room / 2)
    return front + mark + String(String.UnicodeScalarView(back.unicodeScalars.reversed()))
  }

  /// As many of `scalars` as `width` columns hold.
  private static func prefix(_ scalars: some Sequence<Unicode.Scalar>, _ width: Int) -> String {
    var (taken, used) = (String.UnicodeScalarView(), 0)
    for scalar in scalars {
      used += scalar.columns
      if used > width { break }
      taken.append(scalar)
    }
    return String(taken)
  }

  /// The text with blanks behind it, or before it, so that it takes `width` columns.
  func padded(to width: Int, _ side: Column.Side = .left) -> String {
    let blanks = String(repeating: " ", count: max(0, width - columns))
    return side == .left ? self + blanks : blanks + self
  }
}
