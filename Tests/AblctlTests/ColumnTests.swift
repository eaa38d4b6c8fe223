import Testing

@testable import Administration

@Suite struct ColumnTests {
  private let columns = [Column(4), Column(3, .right), Column(2)]

  @Test(
    "aligns, and lets what is too long push the rest",
    arguments: [
      (["a", "1", "z"], "a       1  z"),
      (["abcdef", "1234", "z"], "abcdef  1234  z"),
      (["äö", "", ""], "äö         "),
    ])
  func aligns(cells: [String], line: String) {
    #expect(Column.line(cells, columns) == line)
  }
}
