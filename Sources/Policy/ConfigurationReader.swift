public import Text

/// A file that a `config` setting names.
public final class Include: Sendable {
  /// Absolute.
  public let path: Name
  /// Where it is named.
  public let place: Place

  /// The path, to name the file in messages.
  public var file: Text { Text(path.bytes) }

  init(_ path: Name, at place: Place) { (self.path, self.place) = (path, place) }

  /// How many files are read because others name them.
  static var most: Int { 8 }
}

/// Reads a configuration from files and from the arguments of the module, in their order.
///
/// Of two settings for one thing, the later holds. Reading goes to the end whatever it meets, and
/// every mistake is in `diagnostics`. Files are read by the caller:
///
///     reader.read(argument: word, number: 1)
///     while let include = reader.nextInclude() {
///       do { reader.read(try contents(of: include.path), file: include.file) }
///       catch { reader.report("cannot read: …", about: include) }
///     }
///     let configuration = reader.finish()
///
/// A file that another names is read in its place: what follows there overrides it.
public final class ConfigurationReader {
  /// What was read so far; complete after `finish()`.
  public internal(set) var configuration = Configuration()
  /// In the order they were met, at most 200.
  public private(set) var diagnostics: [Diagnostic] = []

  /// Files that were named, but not yet asked for.
  private var includes: [Include] = []
  /// The paths of all files that were named or read.
  private var known: [Name] = []
  private var includeCount = 0
  /// Files that wait for one they name, the outermost first.
  private var sources: [Source] = []
  /// The settings that were taken over.
  private(set) var written: [Setting] = []
  /// What was read first.
  private var first: SourceText?

  public init() {}

  /// Reads the text of a file.
  public func read(_ bytes: [UInt8], file: Text) {
    if !known.contains(Name(file)) { known.append(Name(file)) }
    let text = SourceText(bytes, file: file)
    first = first ?? text
    let source = Source(text)
    if let mistake = source.prepare() {
      add(Diagnostic(mistake.problem, at: Place(mistake.range, in: bytes, file: file)))
      guard mistake.severity == .warning else { return }
    }
    sources.append(source)
    resume()
  }

  /// Reads one word of the module's line in a PAM stack; `number` says which, from 1.
  public func read(argument: [UInt8], number: Int) {
    let text = SourceText(argument, file: "pam argument", line: number)
    first = first ?? text
    apply(LogicalLine(whole: text))
  }

  /// The next file to read; nil if there is none.
  public func nextInclude() -> Include? {
    resume()
    return includes.isEmpty ? nil : includes.removeFirst()
  }

  /// Adds an error to the diagnostics: a file can't be read.
  public func report(_ message: Text, about include: Include) {
    add(Diagnostic(.error, message, at: include.place))
  }

  /// Ends reading: what one setting asks of another is seen to.
  public func finish() -> Configuration {
    while let include = nextInclude() { report("this file was not read", about: include) }
    settlePurges()
    settleLimits()
    configuration.countUsers()
    configuration.written = WrittenSettings(written, first: first)
    return configuration
  }

  /// Reads on, until a file is named that must be read first.
  private func resume() {
    while includes.isEmpty, let source = sources.last {
      source.skipIdleLines()
      if source.isAtEnd { sources.removeLast() } else { apply(LogicalLine(next: source)) }
    }
  }
}

extension ConfigurationReader {
  /// Does what a line says, or complains.
  private func apply(_ line: LogicalLine) {
    var mistakes: [SyntaxError] = []
    do throws(SyntaxError) {
      guard let setting = try Setting(line) else { return }
      if let joined = setting.joined { mistakes.append(SyntaxError(.settingsJoined, at: joined)) }
      try setting.checkQuotes()
      if setting.key == .config {
        try include(Scanner.path(in: setting.text), setting)
      } else {
        try configuration.set(setting.key, to: setting.text, mistakes: &mistakes)
        written.append(setting)
      }
    } catch {
      mistakes.append(error)
    }
    for mistake in mistakes where diagnostics.count < Diagnostic.most {
      add(Diagnostic(mistake.problem, at: line.place(of: mistake.range)))
    }
  }

  private func include(_ path: Name, _ setting: Setting) throws(SyntaxError) {
    guard !known.contains(path) else { throw SyntaxError(.includeRepeated, at: setting.value) }
    guard includeCount < Include.most else {
      throw SyntaxError(.tooManyIncludes, at: setting.value)
    }
    known.append(path)
    includeCount += 1
    includes.append(Include(path, at: setting.place(of: setting.value)))
  }

  func add(_ diagnostic: Diagnostic) {
    switch diagnostics.count {
    case ..<(Diagnostic.most - 1): diagnostics.append(diagnostic)
    case Diagnostic.most - 1:
      diagnostics.append(Diagnostic(.tooManyMistakes, at: diagnostic.place))
    default: break
    }
  }
}
