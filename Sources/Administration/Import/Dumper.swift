internal import PamAbl
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
    let format = try Self.format(of: Path(file))
    program = try Self.program(of: format, for: database)
    let last = [file]
    arguments = format.arguments.map { Array($0.utf8) } + last
    salvageArguments = format.salvageArguments.map { words in
      words.map { Array($0.utf8) } + last
    }
    verifier = ChildProcess.program(format.verifiers)
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

  private static func format(of path: Path) throws -> OldFormat {
    let head: [UInt8]
    do throws(SystemError) { head = try File(path, .readLinked).read(OldFormat.head) } catch {
      throw Failure(message: String(error.message))
    }
    if let format = OldFormat(head: head) { return format }
    throw Failure(
      message: "'\(Name(path.bytes).shown)' is no database of Berkeley DB or Kyoto Cabinet")
  }

  private static func program(of format: OldFormat, for path: Path) throws -> [UInt8] {
    guard let program = ChildProcess.program(format.programs) else {
      throw Failure(
        message: """
          cannot read '\(Name(path.bytes).shown)' without '\(format.programs[0])'; install it (Debian: \
          \(format.package)), or give what it prints elsewhere with --dump
          """)
    }
    return program
  }
}
