/// A size for people, in the largest unit that it fills: `512 B`, `1.5 MiB`, `64 MiB`.
struct Bytes {
  let count: Int

  private static let units = ["B", "KiB", "MiB", "GiB", "TiB"]

  var text: String {
    var (size, unit) = (Double(max(count, 0)), 0)
    while size >= 1023.95, unit < Self.units.count - 1 {
      size /= 1024
      unit += 1
    }
    let tenths = Int((size * 10).rounded())
    let isWhole = tenths % 10 == 0 || tenths >= 1000
    let number = isWhole ? "\((tenths + 5) / 10)" : "\(tenths / 10).\(tenths % 10)"
    return "\(number) \(Self.units[unit])"
  }
}
