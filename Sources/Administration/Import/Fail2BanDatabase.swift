internal import BlockList
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

/// fail2ban's database of SQLite, as another program prints it.
///
/// No library is linked or loaded for it: root's ablctl maps no parser of SQLite into itself, and
/// needs no package for a thing that is done once. `sqlite3` reads it where it is installed, else
/// Python: fail2ban is written in it, so where there is such a database, there is Python, too.
struct Fail2BanDatabase {
  private let path: Path
  private let now: Timestamp
  private let by = Name(bounded: Array(Audit.person.utf8))

  init(_ path: Path, at now: Timestamp) { (self.path, self.now) = (path, now) }

  private static let query = """
    SELECT hex(ip) || ' ' || hex(jail) || ' ' || CAST(timeofban AS INTEGER) || ' ' || \
    CAST(bantime AS INTEGER) FROM bips LIMIT 200000
    """
  private static let script = """
    import sqlite3, sys, urllib.parse
    name = "file:" + urllib.parse.quote(sys.argv[1]) + "?mode=ro"
    for row in sqlite3.connect(name, uri=True).execute(sys.argv[2]): print(row[0])
    """

  /// Takes over the bans that hold now, with their ends.
  func read(into handover: inout Handover) throws {
    let place = FilePlace(file: path.shown, line: nil)
    guard let (program, arguments) = reader else {
      return handover.complain(
        place, [], "neither sqlite3 nor python3 is there to read it; apt-get install sqlite3")
    }
    let process = try ChildProcess.started(program, arguments)
    var lines = LineReader(process.output, longest: 4096)
    while let line = try lines.next() { take(line, &handover) }
    let name = String(decoding: program, as: UTF8.self)
    if let complaint = process.complaintAtEnd(name) {
      handover.complain(place, [], "cannot be read: " + complaint)
    }
  }

  /// The program that reads it, and its arguments.
  private var reader: (program: [UInt8], arguments: [[UInt8]])? {
    // A name that begins with '-' would be an option.
    let file = path.isAbsolute ? path.bytes : Array("./".utf8) + path.bytes
    let query = Array(Self.query.utf8)
    if let program = ChildProcess.program(["sqlite3"]) {
      let options = ["-init", "/dev/null", "-batch", "-readonly", "-noheader", "-list"]
      return (program, options.map { Array($0.utf8) } + [file, query])
    }
    return ChildProcess.program(["python3"]).map {
      ($0, ["-I", "-S", "-c", Self.script].map { Array($0.utf8) } + [file, query])
    }
  }

  /// A line has address and jail in hexadecimal, the time of the ban and its length.
  private func take(_ line: Line, _ handover: inout Handover) {
    let place = FilePlace(file: path.shown, line: nil)
    let words = line.text.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 4, let address = [UInt8](hexadecimal: words[0]),
      let jail = [UInt8](hexadecimal: words[1]),
      let start = Int64(String(decoding: words[2], as: UTF8.self)),
      let length = Int64(String(decoding: words[3], as: UTF8.self))
    else { return handover.complain(place, line.text, "this is no ban") }
    let made = Timestamp(seconds: start)
    guard made <= now.adding(86_400) else {
      return handover.complain(place, address, "a ban that begins in the future")
    }
    let until = length < 0 ? .never : made.adding(length)
    guard until > now else { return }
    guard let network = Network(typed: address) else {
      return handover.leave(place, address, "a ban of jail \(Name(jail).quoted) on no address")
    }
    let reason = Name(bounded: Array("fail2ban ".utf8) + jail)
    handover.add(
      DecreeOrder(
        .block, .network(network), until: until, by: by, reason: reason, at: min(made, now)),
      from: place)
  }
}
