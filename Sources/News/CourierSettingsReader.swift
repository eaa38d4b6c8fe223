internal import CNews
internal import Policy
internal import Text

/// Reads the courier's settings. The manner of its complaints is that of the module and of abld.
struct CourierSettingsReader {
  private(set) var settings = CourierSettings()
  private var diagnostics: [Diagnostic] = []
  /// Where the value of each key stands that is set.
  private var values: [String: Range<Int>] = [:]
  private let source: [UInt8]
  private let file: Text

  private static let mostDiagnostics = 200

  /// - Parameter file: its name, for the complaints.
  init(_ source: [UInt8], file: String) {
    (self.source, self.file) = (source, Text(Array(file.utf8)))
    for line in source.split(separator: UInt8(ascii: "\n")) {
      read(line.prefix { $0 != UInt8(ascii: "#") }.trimmed)
    }
  }

  /// Whether all of it could be used.
  var isRight: Bool { !diagnostics.contains { $0.severity == .error } }

  /// A line each.
  var headlines: [String] { diagnostics.map { Self.string($0.headline) } }

  /// Three lines each.
  var pictures: [String] { diagnostics.map { Self.string($0.rendered) } }

  private static func string(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }

  private mutating func read(_ line: ArraySlice<UInt8>) {
    guard !line.isEmpty else { return }
    let sign = line.firstIndex(of: UInt8(ascii: "=")) ?? line.endIndex
    let (key, value) = (line[..<sign].trimmed, line[sign...].dropFirst().trimmed)
    guard !key.isEmpty, !value.isEmpty else {
      return complain(.error, "'KEY = VALUE' expected", at: line)
    }
    guard let problem = settings.take(value.words, for: key.words) else {
      values[key.words] = value.startIndex..<value.endIndex
      return
    }
    complain(.error, problem.message, at: problem.isOfKey ? key : value)
  }

  private mutating func complain(
    _ severity: SyntaxError.Severity, _ message: String, at place: ArraySlice<UInt8>
  ) {
    guard diagnostics.count < Self.mostDiagnostics else { return }
    // Only a mistake of Policy's own makes a place.
    let error = SyntaxError(.settingExpected, at: place.startIndex..<place.endIndex)
    let place = Diagnostic(error, in: source, file: file).place
    diagnostics.append(Diagnostic(severity, Text(Array(message.utf8)), at: place))
  }

  // MARK: - What the settings name

  /// Warns of what the settings name and this machine doesn't have: it may come.
  mutating func lookAround() {
    if let program = settings.sendmail, let trouble = Self.trouble(with: program) {
      warn(trouble, of: "sendmail")
    }
    for collector in Collector.allCases {
      guard let file = settings.collectors[collector]?.keyFile else { continue }
      do throws(NewsError) { _ = try KeyFile.key(in: file) } catch {
        warn(error.message, of: collector.key)
      }
    }
  }

  private mutating func warn(_ message: String, of key: String) {
    guard let range = values[key] else { return }
    complain(.warning, message, at: source[range])
  }

  private static func trouble(with program: String) -> String? {
    var status = stat()
    guard unsafe stat(program, &status) == 0 else {
      return "there is no such program: \(NewsError.reason)"
    }
    guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
      return "this is no program, nor any file"
    }
    return status.st_mode & 0o111 == 0 ? "this file is not executable" : nil
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at either end; its indices stay.
  fileprivate var trimmed: Self {
    let rest = drop { $0.isBlank }
    let end = rest.lastIndex { !$0.isBlank }.map { $0 + 1 } ?? rest.startIndex
    return rest[..<end]
  }

  /// Its words, with one blank between them.
  fileprivate var words: String {
    split { $0.isBlank }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }
}

extension UInt8 {
  fileprivate var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
  }
}
