import Policy
import Testing
import Text

/// A line of a file, and all that is printed about it: the line is the second of what is printed.
struct Complaint: CustomTestStringConvertible {
  var expected: String
  var text: Substring

  /// Complaints about several lines, with blank lines between them.
  static func all(in table: String) -> [Complaint] {
    table.split(separator: "\n\n").map { row in
      Complaint(expected: String(row), text: row.split(separator: "\n")[1])
    }
  }

  /// What is printed about the line.
  var answer: String {
    let reader = ConfigurationReader()
    reader.read(Array(text.utf8), file: "abl.conf")
    _ = reader.finish()
    return reader.diagnostics.map(\.rendered.description).joined(separator: "\n")
  }

  var testDescription: String { String(text) }
}

/// Reads a configuration from the text of one file.
func read(_ text: String) -> (configuration: Configuration, complaints: [String]) {
  let reader = ConfigurationReader()
  reader.read(Array(text.utf8), file: "abl.conf")
  let configuration = reader.finish()
  return (configuration, reader.diagnostics.map(\.headline.description))
}

extension String {
  /// The bytes that this is read from.
  var bytes: ArraySlice<UInt8> { Array(utf8)[...] }
}

extension Name {
  /// The name of these bytes.
  init(_ text: String) {
    self.init(Array(text.utf8))
  }
}
