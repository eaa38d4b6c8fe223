public import Text

/// A file that a `config` setting names.
public struct Include: Sendable {
  /// Absolute.
  public let path: Name
  /// Where it is named.
  public let place: Place

  /// The path, to name the file in messages.
  public var file: Text { Text(path.bytes) }

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
public struct ConfigurationReader {
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
  /// Where the settings are that `finish()` checks against others.
  private(set) var places: [(key: Key, place: Place)] = []

  public init() {}

  /// Reads the text of a file.
  public mutating func read(_ bytes: [UInt8], file: Text) {
    if !known.contains(Name(file)) { known.append(Name(file)) }
    let source = Source(bytes, file: file)
    guard bytes.count <= 1 << 20 else {
      let place = Place(0..<0, in: bytes, file: file)
      return add(Diagnostic(.fileTooLong, at: place))
    }
    sources.append(source)
    resume()
  }

  /// Reads one word of the module's line in a PAM stack; `number` says which, from 1.
  public mutating func read(argument: [UInt8], number: Int) {
    let source = Source(argument, file: "pam argument", line: number)
    apply(LogicalLine(whole: source), of: source)
  }

  /// The next file to read; nil if there is none.
  public mutating func nextInclude() -> Include? {
    resume()
    return includes.isEmpty ? nil : includes.removeFirst()
  }

  /// Adds an error to the diagnostics: a file can't be read.
  public mutating func report(_ message: Text, about include: Include) {
    add(Diagnostic(.error, message, at: include.place))
  }

  /// Ends reading: what one setting asks of another is seen to.
  public mutating func finish() -> Configuration {
    while let include = nextInclude() { report("this file was not read", about: include) }
    settlePurges()
    settleLimits()
    return configuration
  }

  /// Reads on, until a file is named that must be read first.
  private mutating func resume() {
    while includes.isEmpty, var source = sources.popLast() {
      guard !source.isAtEnd else { continue }
      let line = LogicalLine(next: &source)
      sources.append(source)
      apply(line, of: source)
    }
  }
}

extension ConfigurationReader {
  /// Does what a line says, or complains.
  private mutating func apply(_ line: LogicalLine, of source: Source) {
    var mistakes: [SyntaxError] = []
    do throws(SyntaxError) {
      guard let setting = try Setting(line) else { return }
      let place = line.place(of: setting.value, in: source)
      if setting.key == .config {
        try include(Scanner.path(in: line.text[setting.value]), at: setting.value, place)
      } else {
        let value = line.text[setting.value]
        try configuration.set(setting.key, to: value, mistakes: &mistakes)
        remember(place, of: setting.key)
      }
    } catch {
      mistakes.append(error)
    }
    for mistake in mistakes where diagnostics.count < Diagnostic.most {
      add(Diagnostic(mistake.problem, at: line.place(of: mistake.range, in: source)))
    }
  }

  private mutating func include(
    _ path: Name, at range: Range<Int>, _ place: Place
  ) throws(SyntaxError) {
    guard !known.contains(path) else { throw SyntaxError(.includeRepeated, at: range) }
    guard includeCount < Include.most else { throw SyntaxError(.tooManyIncludes, at: range) }
    known.append(path)
    includeCount += 1
    includes.append(Include(path: path, place: place))
  }

  private mutating func remember(_ place: Place, of key: Key) {
    guard key == .hostPurge || key == .userPurge || key == .limits else { return }
    places.append((key, place))
  }

  mutating func add(_ diagnostic: Diagnostic) {
    switch diagnostics.count {
    case ..<(Diagnostic.most - 1): diagnostics.append(diagnostic)
    case Diagnostic.most - 1:
      diagnostics.append(Diagnostic(.tooManyMistakes, at: diagnostic.place))
    default: break
    }
  }
}
