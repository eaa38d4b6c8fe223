import Foundation
import Harness
import Testing

@testable import Administration

/// docs/commands.md says what ablctl says of itself.
@Suite struct CommandTableTests {
  private struct Row: Equatable, CustomStringConvertible {
    var whom: Set<String> = []
    var service = false
    var printed: Set<String> = []
    var isDry = false

    var description: String { "\(whom.sorted()) \(service) \(printed.sorted()) \(isDry)" }
  }

  private static let whom = ["host": "--host", "user": "--user", "H": "-H", "U": "-U"]

  /// What the page has, by each name of a command.
  private func documented() throws -> [String: Row] {
    let text = try String(contentsOfFile: Repository.file("docs/commands.md"), encoding: .utf8)
    var rows: [String: Row] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { cell in
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
          .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      }
      let row = Row(
        whom: Set(cells[2]), service: cells[3] == ["-s"], printed: Set(cells[4]),
        isDry: cells[5] == ["--dry-run"])
      for name in cells[1] { rows[name] = row }
    }
    return rows
  }

  /// What ablctl says, by each name of a command that has no parts.
  private func described() throws -> [String: Row] {
    let ended = Machine.spawn(
      Machine.program, [Array("--experimental-dump-help".utf8)], environment: [])
    let all = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
    let ablctl = try #require(all?["command"] as? [String: Any])
    var rows: [String: Row] = [:]
    Self.walk(ablctl, "", into: &rows)
    return rows
  }

  private static func walk(
    _ command: [String: Any], _ parent: String, into rows: inout [String: Row]
  ) {
    for part in command["subcommands"] as? [[String: Any]] ?? [] {
      let own = part["commandName"] as? String ?? ""
      let names = [own] + (part["aliases"] as? [String] ?? [])
      guard own != "help" else { continue }
      let inner = (part["subcommands"] as? [[String: Any]] ?? []).filter {
        $0["commandName"] as? String != "help"
      }
      if inner.isEmpty {
        for name in names { rows[parent + name] = row(part) }
      } else {
        walk(part, parent + own + " ", into: &rows)
      }
    }
  }

  private static func row(_ command: [String: Any]) -> Row {
    var row = Row()
    for argument in command["arguments"] as? [[String: Any]] ?? [] {
      let isPositional = argument["kind"] as? String == "positional"
      if isPositional, argument["valueName"] as? String == "name" { row.whom.insert("NAME…") }
      let names = (argument["names"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
      // Those with a short form are known by it.
      let short = names.first { $0.count == 1 }
      for name in short.map({ [$0] }) ?? names {
        if let word = whom[name] { row.whom.insert(word) }
        if name == "s" { row.service = true }
      }
      for name in names {
        if ["json", "quiet"].contains(name) { row.printed.insert("--" + name) }
        if name == "dry-run" { row.isDry = true }
      }
    }
    return row
  }

  @Test("has each command, with what it takes") func table() throws {
    let (documented, described) = (try documented(), try described())
    #expect(Set(documented.keys) == Set(described.keys))
    for (name, row) in described where name != "import pam_abl" {
      #expect(documented[name] == row, "\(name)")
    }
  }
}
