import Policy
import Testing

private func digest(_ text: String) -> DiagnosticDigest {
  let reader = ConfigurationReader()
  reader.read(Array(text.utf8), file: "abl.conf")
  _ = reader.finish()
  return DiagnosticDigest(reader.diagnostics)
}

@Suite("A digest of mistakes")
struct DigestTests {
  @Test("says a few mistakes in full, errors before warnings, and of the rest how many there are")
  func bounded() {
    let digest = digest("user_clr_cmd=\n" + String(repeating: "x\n", count: 9))
    #expect(
      digest.shown.map(\.headline.description)
        == (2...6).map { "abl.conf:\($0):1: error: unknown key" })
    #expect(digest.hidden == 5)
    #expect(
      digest.remark == "5 more mistakes in the configuration; 'ablctl check-config' shows all")
    #expect(digest.severity == .error)
  }

  @Test("says no more than there is")
  func few() {
    #expect(digest("").shown.isEmpty && digest("").remark == nil && digest("").severity == nil)
    let one = digest("user_clr_cmd=\n")
    #expect(one.shown.count == 1 && one.remark == nil && one.severity == .warning)
    let six = digest(String(repeating: "x\n", count: 6))
    #expect(six.remark == "1 more mistake in the configuration; 'ablctl check-config' shows all")
  }
}
