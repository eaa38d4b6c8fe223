internal import Text

extension Key {
  /// The key that was probably meant by `word`: at most two letters added, left out or replaced.
  static func meant(by word: ArraySlice<UInt8>) -> Key? {
    var (best, least): (Key?, Int) = (nil, 3)
    for key in allCases where key.successor == nil {
      let distance = distance(from: word, to: key.name)
      if distance < least { (best, least) = (key, distance) }
    }
    return best
  }

  /// The Levenshtein distance, or 3 if the lengths tell that it is too large.
  private static func distance(from word: ArraySlice<UInt8>, to text: Text) -> Int {
    guard abs(word.count - text.bytes.count) < 3 else { return 3 }
    let name = text.bytes
    // One row of the usual table: the distances from what was read of `word` to each prefix.
    var row = Array(0...name.count)
    for (length, byte) in word.enumerated() {
      var diagonal = length
      row[0] = length + 1
      for (index, other) in name.enumerated() {
        let replaced = diagonal + (byte.lowercased == other ? 0 : 1)
        diagonal = row[index + 1]
        row[index + 1] = min(replaced, diagonal + 1, row[index] + 1)
      }
    }
    return row.last ?? 3
  }
}
