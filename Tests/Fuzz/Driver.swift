internal import CSystem
internal import Policy
internal import Text

/// What libFuzzer calls, with one input after the other; `fuzz` is the target's.
@_cdecl("LLVMFuzzerTestOneInput")
public func oneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
  return 0
}

/// Ends the process, which libFuzzer reports, unless `condition` holds; `claim` says what should be so.
func expect(
  _ condition: Bool, _ claim: StaticString, file: StaticString = #fileID, line: Int = #line
) {
  guard !condition else { return }
  let (place, text) = (Text(stringLiteral: file), Text(stringLiteral: claim))
  let message: Text = "\(place):\(line): it does not hold: \(text)\n"
  _ = unsafe message.withCString { unsafe write(2, $0, message.bytes.count) }
  abort()
}

/// Expects what all complaints about a text have in common.
func expect(_ mistakes: [SyntaxError], liesIn text: [UInt8]) {
  for mistake in mistakes {
    let range = mistake.range
    expect(range.lowerBound >= 0 && range.upperBound <= text.count, "a mistake lies in its text")
    expect(!mistake.problem.message.isEmpty, "a mistake has a message")
  }
  expect(mistakes.prefix(2).map { Diagnostic($0, in: text, file: "input") }, isAbout: text)
}

/// Expects what all diagnostics have in common; only of the first few are they looked at as printed, which takes long.
func expect(_ diagnostics: [Diagnostic], isAbout text: [UInt8]) {
  for diagnostic in diagnostics {
    let (line, range) = (diagnostic.lineText, diagnostic.range)
    expect(line.startIndex >= 0 && line.endIndex <= text.count, "a line lies in its file")
    expect(line.startIndex <= range.lowerBound, "a diagnostic begins in its line")
    expect(range.upperBound <= line.endIndex, "a diagnostic ends in its line")
    expect(!line.contains(10), "a line is one")
    expect(diagnostic.line >= 1, "lines count from 1")
  }
  for diagnostic in diagnostics.prefix(2) { expectPicture(of: diagnostic) }
}

private func expectPicture(of diagnostic: Diagnostic) {
  expect(diagnostic.column >= 1, "columns count from 1")
  expect(isHarmless(diagnostic.headline.bytes), "what is logged is one line")
  let lines = diagnostic.rendered.bytes.split(separator: 10, omittingEmptySubsequences: false)
  expect(lines.count == 3, "a diagnostic is printed as three lines")
  for line in lines {
    expect(isHarmless(line.filter { $0 != 9 }), "what is printed steers no terminal")
    expect(line.count <= 4 * diagnostic.file.bytes.count + 400, "what is printed is short")
  }
}

/// Whether the bytes are UTF-8 without anything that ends a line, steers a terminal or turns the direction of writing.
///
/// The standard library decodes here, not our `Glyph`: they must agree.
func isHarmless(_ bytes: [UInt8]) -> Bool {
  var (decoder, rest) = (UTF8(), bytes.makeIterator())
  while true {
    switch decoder.decode(&rest) {
    case .emptyInput: return true
    case .error: return false
    case .scalarValue(let scalar):
      switch scalar.value {
      case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
        return false
      default: break
      }
    }
  }
}
