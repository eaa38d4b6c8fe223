import BlockList
import Policy
import Testing

@testable import Administration

@Suite("The doctor looks at what is decreed by hand") struct DecreeExaminationTests {
  private let machine = Machine("host_rule = *:3/1h\nhost_whitelist = 192.0.2.128/25\n")

  private func decree(
    _ kind: Decree.Kind, _ text: String, for seconds: Int64? = nil
  ) throws {
    let now = Timestamp.now
    let target: AllowList.Entry =
      Network(typed: text.utf8).map { .network($0) } ?? .user(Name(Array(text.utf8)))
    let until = seconds.map { now.adding($0) } ?? .never
    let order = DecreeOrder(kind, target, until: until, by: "root", reason: "noise", at: now)
    try machine.blockList.decree([order], at: now)
  }

  private static let vital = ["192.0.2.9", "198.51.100.1", "2001:db8::1"].map { text in
    DecreeExamination.Vital(
      address: HostAddress(parsing: Array(text.utf8)[...])!, role: "a gateway of this machine")
  }

  private func findings() throws -> [Finding] {
    let blockList = machine.blockList
    let book = try blockList.decrees(at: .now)
    return DecreeExamination(book, blockList.configuration, at: .now)
      .findings(Self.vital, ["anna"])
  }

  @Test(
    "and finds what is hardly meant",
    arguments: [
      ("allow", "0.0.0.0/0", Finding.Kind.decreeWide), ("allow", "::/0", .decreeWide),
      ("allow", "8.0.0.0/6", .decreeWide), ("allow", "2001::/16", .decreeWide),
      ("block", "192.0.2.9", .decreeShutsOut), ("block", "198.51.100.0/24", .decreeShutsOut),
      ("block", "2001:db8::/32", .decreeShutsOut), ("block", "anna", .decreeShutsOut),
      ("block", "192.0.2.200", .decreeIdle),
    ])
  func finds(kind: String, name: String, found: Finding.Kind) throws {
    try decree(kind == "allow" ? .allow : .block, name)
    let findings = try findings()
    #expect(findings.map { $0.kind } == [found])
    #expect(findings.first?.level == .doubt)
    #expect(findings.first?.text.contains("\(kind) of") == true, "\(findings)")
    #expect(findings.first?.text.contains("\(name), by root: 'noise', ") == true, "\(findings)")
  }

  @Test(
    "and finds nothing in others",
    arguments: [
      ("allow", "10.0.0.0/8"), ("allow", "fd00::/8"), ("allow", "203.0.0.0/16"), ("allow", "anna"),
      ("allow", "2001:db8::/32"), ("block", "203.0.113.0/24"), ("block", "mallory"),
      ("block", "0.0.0.0/32"),
    ])
  func passes(kind: String, name: String) throws {
    try decree(kind == "allow" ? .allow : .block, name)
    #expect(try findings().isEmpty)
  }

  @Test("an allow within a block lets what matters pass, and one on the same makes it idle")
  func allows() throws {
    try decree(.block, "192.0.2.0/24")
    try decree(.block, "198.51.100.0/24")
    #expect(try findings().count == 2)
    try decree(.allow, "192.0.2.9")
    #expect(try findings().map { $0.text }.filter { $0.contains("192.0.2.0/24") } == [])
    try decree(.allow, "198.51.100.0/24")
    #expect(try findings().map { $0.kind } == [.decreeIdle])
  }

  @Test("one block of all that matters is one finding, and allows that end soon are one note")
  func several() throws {
    try decree(.block, "192.0.0.0/3")
    #expect(try findings().map { $0.text.hasSuffix(", and 1 more such") } == [true])
    try decree(.allow, "192.0.0.0/3")
    for number in 1...3 { try decree(.allow, "203.0.113.\(number)", for: Int64(number) * 3600) }
    try decree(.allow, "203.0.113.9", for: 90_000)
    let note = try #require(try findings().last)
    #expect(note.kind == .decreeEnds && note.level == .note)
    #expect(note.text.hasPrefix("the allow of host 203.0.113.1, by root: 'noise', ends in "))
    #expect(note.text.hasSuffix("; 2 more within a day"))
  }
}
