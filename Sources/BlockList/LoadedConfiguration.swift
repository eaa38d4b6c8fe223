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
  /// Another number once a file is another one, or what is wrong is something else.
  public var number: UInt64 {
    let first = diagnostics.first?.headline.bytes ?? []
    return KeyedHash(stamp, UInt64(diagnostics.count)).hash(first)
  }

  /// Of the files that were read.
  private let stamp: UInt64

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
    let reader = ConfigurationReader()
    var (failure, stamp, unread): (StoreError?, UInt64, StoreError?) = (nil, 1, nil)
    if let path {
      do {
        reader.read(try Self.contents(path, &stamp), file: path.text)
      } catch {
        // With settings among the words of the stack there need be no default file.
        let hasSettings = arguments.contains { $0.contains(UInt8(ascii: "=")) }
        failure = error.isAbsence && hasSettings ? nil : error
      }
    }
    Self.readIncludes(reader, &stamp, &failure, &unread)
    for (index, argument) in arguments.enumerated() {
      reader.read(argument: argument, number: index + 1)
      Self.readIncludes(reader, &stamp, &failure, &unread)
    }
    configuration = reader.finish()
    let isNeeded =
      configuration.onError == .deny || Account.isBorrowed && unread?.isExhaustion == true
    if isNeeded { failure = failure ?? unread }
    diagnostics = reader.diagnostics
    self.failure = failure
    self.stamp = stamp
  }

  @inline(never)
  private static func readIncludes(
    _ reader: ConfigurationReader, _ stamp: inout UInt64, _ failure: inout StoreError?,
    _ unread: inout StoreError?
  ) {
    while let include = reader.nextInclude() {
      do {
        reader.read(try contents(Path(include.path.bytes), &stamp), file: include.path.escaped)
      } catch {
        reader.report(error.message, about: include)
        if include.place.file == "pam argument" { failure = failure ?? error }
        // One that a file names is a mistake like others: what parses stays in force. But one that
        // is there, and can't be read, is trouble, for which the rest may say 'on_error = deny'.
        if !error.isAbsence { unread = unread ?? error }
      }
    }
  }

  /// So many times its length a file may take while it is read: where that memory isn't to be had,
  /// Embedded Swift ends the program. Of networks it takes 8 times, of names or rules 19, of
  /// commands 28, and more only of settings of a letter or two.
  private static var memoryFactor: Int { 28 }

  @inline(never)
  private static func contents(
    _ path: Path, _ stamp: inout UInt64
  ) throws(StoreError) -> [UInt8] {
    let file = try system { () throws(SystemError) in try File(path, .readLinked) }
    let status = try system { () throws(SystemError) in try file.status }
    guard status.kind == .regular, status.isTrustworthy else { throw .untrusted(path, status) }
    for part in status.fingerprint { stamp = stamp &* 31 &+ part }
    // One byte more than the reader takes, so that it sees that there is more.
    let length = min(status.size, 1 << 20 + 1)
    return try system { () throws(SystemError) in try file.read(length, toUse: memoryFactor) }
  }
}

extension StoreError {
  /// Nothing is there.
  public var isAbsence: Bool {
    if case .system(let error) = self { error.isAbsence } else { false }
  }
}
