internal import PamAbl

/// Reads what a program has printed of a database of pam_abl, entry by entry.
struct DumpReader: ~Copyable {
  private var lines: LineReader
  private var dump: Dump

  /// - Parameter isSalvaged: see `Dump`.
  init(_ lines: consuming LineReader, isSalvaged: Bool = false) {
    self.lines = lines
    dump = Dump(isSalvaged: isSalvaged)
  }

  /// The next entry; nil at the end.
  mutating func next() throws(ReadError) -> DumpEntry? {
    while let line = try lines.next() {
      if let entry = dump.take(line.text, line.number, isCut: line.isCut) { return entry }
    }
    return dump.end()
  }
}
