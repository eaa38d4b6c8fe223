// storetool: what fixtures in C and shell need of a store's files, so that none of them knows where in a file something stands.
//
//   storetool slots FILE...     of tables of attempts in flight, and of journals: STATE PROCESS USER of each slot in use
//   storetool sealer CONFIG     seals the store, as its last writer did, for each byte that it reads, and answers with one
import Glibc
import Platform
import Policy
import Text

@testable import BlockList

func fail(_ what: String) -> Never {
  write(2, "storetool: \(what)\n", what.utf8.count + 12)
  exit(70)
}

/// A slot's user, without blanks; `-` if there is none.
func shown(_ entry: InFlight) -> String {
  let user = entry.attempt.user.map { String(decoding: $0.escaped.bytes, as: UTF8.self) }
  return "\(entry.state) \(entry.control.process) \(user.map { $0.isEmpty ? "-" : $0 } ?? "-")"
}

func slots(of words: String) throws -> [String] {
  let path = Path(Array(words.utf8))
  let file = try File(path, .read)
  let status = try file.status
  // A journal is a slot behind the other, a table much more.
  guard status.size == InFlightTable.length else {
    return Journal.failures(in: try file.read(status.size, at: 0)).map(shown)
  }
  guard let table = try InFlightTable(try File(path, .readWrite), status, path) else {
    fail("'\(words)' is no table")
  }
  return table.views.map { view in
    table.entry(view).map(shown) ?? "\(view.state) \(view.control.process) -"
  }
}

func seal(_ configuration: Configuration) throws {
  let home = try Home(configuration) { _, text in fail(text.description) }
  let file = try Store.openSeal(in: home)
  let status = try home.directory.status(of: Store.file)
  Store(home: home, sealFile: file, mode: .exclusive, mapSize: 0).seal(status)
}

let words = Array(CommandLine.arguments.dropFirst())
do {
  switch words.first {
  case "slots":
    for word in words.dropFirst() { for line in try slots(of: word) { print(line) } }
  case "sealer" where words.count == 2:
    let configuration = LoadedConfiguration(file: Path(Array(words[1].utf8))).configuration
    var byte: UInt8 = 0
    while read(0, &byte, 1) == 1 {
      try seal(configuration)
      guard write(1, &byte, 1) == 1 else { fail("nobody listens") }
    }
  default:
    fail("usage: storetool slots FILE... | sealer CONFIG")
  }
} catch {
  fail("\(error)")
}
