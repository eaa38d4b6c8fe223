public import Platform
public import Policy
internal import Text

/// A configuration, with what is wrong with it.
public struct LoadedConfiguration: Sendable {
  /// What could be read; the defaults for the rest.
  public let configuration: Configuration
  /// Every mistake, with its place.
  public let diagnostics: [Diagnostic]
  /// Why the file could not be read at all, if so. What the configuration says is not what its
  /// author wants then.
  public let failure: StoreError?

  /// Where a configuration is looked for if no word says where.
  public static var defaultFile: Path { "/etc/security/pam_abl.conf" }

  /// Reads the file `path`.
  public init(file path: Path) {
    self.init(file: path, arguments: [])
  }

  /// Reads the words behind the module in a PAM stack, and the file that they name or the default
  /// one.
  public init(arguments: [[UInt8]]) {
    let namesFile = arguments.contains { $0.starts(with: Self.fileWord) }
    self.init(file: namesFile ? nil : Self.defaultFile, arguments: arguments)
  }

  private static var fileWord: [UInt8] { Text("config=").bytes }

  private init(file path: Path?, arguments: [[UInt8]]) {
    var reader = ConfigurationReader()
    var failure: StoreError?
    if let path {
      do {
        reader.read(try Self.contents(path), file: path.text)
      } catch {
        // With settings among the words of the stack nobody need have written the default file.
        let hasSettings = arguments.contains { $0.contains(UInt8(ascii: "=")) }
        failure = error.isAbsence && hasSettings ? nil : error
      }
    }
    Self.readIncludes(&reader, &failure)
    for (index, argument) in arguments.enumerated() {
      reader.read(argument: argument, number: index + 1)
      Self.readIncludes(&reader, &failure)
    }
    configuration = reader.finish()
    diagnostics = reader.diagnostics
    self.failure = failure
  }

  @inline(never)
  private static func readIncludes(
    _ reader: inout ConfigurationReader, _ failure: inout StoreError?
  ) {
    while let include = reader.nextInclude() {
      do {
        reader.read(try contents(Path(include.path.bytes)), file: include.path.escaped)
      } catch {
        reader.report(error.message, about: include)
        // One that a file names is a mistake like others: what parses stays in force.
        if include.place.file == "pam argument" { failure = failure ?? error }
      }
    }
  }

  @inline(never)
  private static func contents(_ path: Path) throws(StoreError) -> [UInt8] {
    let file = try system { () throws(SystemError) in try File(path, .readLinked) }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.kind == .regular, status.isTrustworthy else { throw .untrusted(path, status) }
    // One byte more than the reader takes, so that it sees that there is more.
    return try system { () throws(SystemError) in try file.read(min(status.size, 1 << 20 + 1)) }
  }
}

extension StoreError {
  /// Nothing is there.
  fileprivate var isAbsence: Bool {
    if case .system(let error) = self { error.isAbsence } else { false }
  }
}
