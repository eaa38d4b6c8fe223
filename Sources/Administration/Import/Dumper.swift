internal import Platform
internal import Policy

/// The program that prints a database of pam_abl as text, and its arguments.
struct Dumper {
  let program: [UInt8]
  let arguments: [[UInt8]]
  /// Those with which it prints what it finds in a damaged file; nil if it has none.
  let salvageArguments: [[UInt8]]?

  /// Looks at the first bytes of the file to see which program it needs.
  init(of database: Path) throws {
    // A name that begins with '-' would be an option.
    let isOption = database.bytes.first == UInt8(ascii: "-")
    file = isOption ? Array("./".utf8) + database.bytes : database.bytes
    switch try Self.format(of: Path(file)) {
    case .berkeley:
      program = try Self.program(["db5.3_dump", "db_dump"], for: database, from: "db5.3-util")
      arguments = [Array("-p".utf8), file]
      salvageArguments = [Array("-r".utf8)] + arguments
      verifier = ChildProcess.program(["db5.3_verify", "db_verify"])
    case .kyoto:
      program = try Self.program(["kchashmgr"], for: database, from: "kyotocabinet-utils")
      // Without a repair: the file is not ours.
      arguments = ["list", "-onr", "-pv", "-px"].map { Array($0.utf8) } + [file]
      (salvageArguments, verifier) = (nil, nil)
    }
    name = Self.name(of: program)
  }

  /// What is wrong with the file, and where: "BDB0502 Page 20: totally zeroed page"; nil if nothing
  /// is known to be.
  func flaw() throws -> String? {
    guard let verifier else { return nil }
    let process = try ChildProcess.started(verifier, [file])
    var lines = LineReader(process.output, longest: 1 << 20)
    while let line = try? lines.next() { _ = line }
    return process.complaintAtEnd(Self.name(of: verifier))
  }

  private static func name(of program: [UInt8]) -> String {
    let slash = program.lastIndex(of: UInt8(ascii: "/"))
    return ArgumentBytes.shown(Array(program[(slash.map { $0 + 1 } ?? 0)...]))
  }

  /// The program's name, for messages.
  let name: String
  /// Says what is wrong with a file; nil if there is no such program.
  private let verifier: [UInt8]?
  private let file: [UInt8]

  private enum Format {
    case berkeley, kyoto
  }

  private static func format(of path: Path) throws -> Format {
    let head: [UInt8]
    do throws(SystemError) { head = try File(path, .readLinked).read(16) } catch {
      throw Failure(message: String(error.message))
    }
    if head.starts(with: "KC\n".utf8) { return .kyoto }
    // The magic number of a B-tree or a hash, in either byte order.
    let magics: [[UInt8]] = [[0x62, 0x31, 5, 0], [0x61, 0x15, 6, 0]]
    let magic = Array(head.dropFirst(12))
    if magics.contains(magic) || magics.contains(magic.reversed()) { return .berkeley }
    throw Failure(
      message: "'\(Name(path.bytes).shown)' is no database of Berkeley DB or Kyoto Cabinet")
  }

  private static func program(
    _ names: [String], for path: Path, from package: String
  ) throws -> [UInt8] {
    guard let program = ChildProcess.program(names) else {
      throw Failure(
        message: """
          cannot read '\(Name(path.bytes).shown)' without '\(names[0])'; install it (Debian: \
          \(package)), or give what it prints elsewhere with --dump
          """)
    }
    return program
  }
}
