import Policy
import Testing

@testable import Administration

@Suite struct FittingTests {
  @Test("breaks a sentence at blanks, and shortens what no line has room for") func sentences() {
    let sentence = "  one two three"
    #expect(sentence.wrapped(to: nil, indent: 4) == [sentence])
    #expect(sentence.wrapped(to: 15, indent: 4) == [sentence])
    #expect(sentence.wrapped(to: 14, indent: 4) == ["  one two", "    three"])
    #expect(sentence.wrapped(to: 9, indent: 4) == ["  one two", "    three"])
    let long = "ab " + String(repeating: "名", count: 30) + " c"
    for width in [8, 9, 20, 40] {
      let lines = long.wrapped(to: width, indent: 2)
      #expect(lines.allSatisfy { $0.columns <= width }, "\(width): \(lines)")
    }
    #expect("a   b".wrapped(to: 3, indent: 1).allSatisfy { $0.columns <= 3 })
    #expect("".wrapped(to: 3, indent: 1) == [""])
  }

  @Test("makes the widest columns of a table narrower until it fits") func tables() {
    let columns = [Column(3), Column(5), Column(0)]
    let rows = [["", "name", "state"], ["", String(repeating: "x", count: 300), "failed"]]
    #expect(Column.lines(rows, columns, width: nil)[1].count == 3 + 2 + 300 + 2 + 6)
    for width in [24, 40, 80, 120] {
      let lines = Column.lines(rows, columns, width: width)
      #expect(lines.allSatisfy { $0.columns <= width }, "\(width): \(lines)")
      #expect(lines[1].hasSuffix("  failed"))
    }
    #expect(Column.lines([["a", "b", "c"]], columns, width: 80) == ["a  b  c"])
  }

  @Test("finds the word that was meant") func likeness() {
    let words = ["status", "stats", "list", "unblock", "unban"]
    for (typed, meant) in [
      ("stauts", "status"), ("satts", "stats"), ("lits", "list"), ("unblok", "unblock"),
      ("xyz", nil), ("l", nil), ("", nil), ("STATUS", "status"),
    ] as [(String, String?)] {
      #expect(Likeness.closest(to: typed, among: words) == meant, "\(typed)")
    }
    #expect(Likeness.closest(to: "ab1", among: ["ab2", "ab3"]) == nil)
    let long = String(repeating: "a", count: 300)
    #expect(Likeness.closest(to: long, among: [long + "b"]) == nil)
  }
}
