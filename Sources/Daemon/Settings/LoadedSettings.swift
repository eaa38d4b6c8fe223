public import Platform
public import Policy
public import Text

/// The settings of a file, with what is wrong with it.
public struct LoadedSettings: Sendable {
  public let settings: Settings
  public let diagnostics: [Diagnostic]
  /// Why the file could not be read, if so; a file that isn't there says nothing, and is no failure.
  public let failure: Text?

  /// Whether all that the file says could be used.
  public var isRight: Bool { failure == nil && !diagnostics.contains { $0.severity == .error } }

  public init(file path: Path) {
    do throws(SystemError) {
      let file = try File(path, .readLinked)
      let status = try file.status
      guard status.kind == .regular, status.isTrustworthy else {
        self.init(failure: Self.distrust(path))
        return
      }
      let reader = SettingsReader(try file.read(min(status.size, 1 << 20 + 1)), file: path.text)
      self.init(reader)
    } catch {
      self.init(failure: error.isAbsence ? nil : error.message)
    }
  }

  private init(_ reader: SettingsReader) {
    (settings, diagnostics, failure) = (reader.settings, reader.diagnostics, nil)
  }

  private init(failure: Text?) {
    (settings, diagnostics, self.failure) = (Settings(), [], failure)
  }

  private static func distrust(_ path: Path) -> Text {
    "cannot trust '\(path.text)': it must be a file that root owns and nobody else may write to"
  }
}
