internal import BlockList
public import Platform
public import Policy
public import Text

/// The settings of a file, with what is wrong with it.
public struct LoadedSettings: Sendable {
  public let settings: Settings
  public let diagnostics: [Diagnostic]
  /// Why the file could not be read, if so; a file that isn't there says nothing, and is no failure.
  public let failure: Text?
  /// Whether there is such a file.
  public let isThere: Bool
  /// Where the file names the module's configuration, if it does.
  private let configurationPlace: Place?

  /// Whether all that the file says could be used.
  public var isRight: Bool { failure == nil && !diagnostics.contains { $0.severity == .error } }

  /// Why what the file names can't be used: for a check, since it may come.
  public var surroundings: [Diagnostic] {
    guard let configurationPlace,
      let failure = LoadedConfiguration(file: settings.moduleConfiguration).failure
    else { return [] }
    return [Diagnostic(.error, failure.message, at: configurationPlace)]
  }

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
      self.init(failure: error.isAbsence ? nil : error.message, isThere: !error.isAbsence)
    }
  }

  private init(_ reader: SettingsReader) {
    (settings, diagnostics, failure) = (reader.settings, reader.diagnostics, nil)
    (isThere, configurationPlace) = (true, reader.configurationPlace)
  }

  private init(failure: Text?, isThere: Bool = true) {
    (settings, diagnostics, self.failure) = (Settings(), [], failure)
    (self.isThere, configurationPlace) = (isThere, nil)
  }

  private static func distrust(_ path: Path) -> Text {
    "cannot trust '\(path.text)': it must be a file that root owns and nobody else may write to"
  }
}
