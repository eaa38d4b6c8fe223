internal import CNews

/// What is wrong with the settings.
public struct CourierSettingsError: Error, Equatable, Sendable {
  /// One line each.
  public let messages: [String]
}

extension CourierSettings {
  /// Reads the file; one that isn't there says nothing.
  public init(file: String) throws(CourierSettingsError) {
    let text: [UInt8]?
    do throws(NewsError) { text = try Self.text(of: file) } catch {
      throw CourierSettingsError(messages: [error.message])
    }
    try self.init(CourierSettingsReader(text ?? [], file: file))
  }

  /// Reads the text of `file`, to its end: all mistakes are told.
  public init(parsing text: String, file: String) throws(CourierSettingsError) {
    try self.init(CourierSettingsReader(Array(text.utf8), file: file))
  }

  private init(_ reader: CourierSettingsReader) throws(CourierSettingsError) {
    guard reader.isRight else { throw CourierSettingsError(messages: reader.headlines) }
    self = reader.settings
  }

  /// What the file has; nil if it isn't there. Only root, or the user that reads it, can have
  /// written it.
  fileprivate static func text(of path: String) throws(NewsError) -> [UInt8]? {
    let file = unsafe cnews_open(path, O_RDONLY | O_NONBLOCK, 0)
    guard file >= 0 else {
      if cnews_errno() == ENOENT { return nil }
      throw .ofSystem("open '\(path.shown)'")
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw .ofSystem("look at '\(path.shown)'") }
    let isFile = status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
    let isOwn = status.st_uid == 0 || status.st_uid == geteuid()
    guard isFile, isOwn, status.st_mode & 0o022 == 0 else {
      let rule = "it must be a file that root owns and nobody else may write to"
      throw NewsError("cannot trust '\(path.shown)': \(rule)")
    }
    return try StateDirectory.contents(of: file, path)
  }
}

/// What a check of the settings finds.
public struct CourierSettingsCheck: Sendable {
  /// For people: a line, or three with what the line says and a mark under what is wrong.
  public let complaints: [String]
  /// Whether none of them is a mistake; the others are warnings.
  public let isRight: Bool

  /// - Parameter isNamed: whether the file was asked for: then it must be there.
  public init(file: String, isNamed: Bool) {
    do throws(NewsError) {
      let text = try CourierSettings.text(of: file)
      guard text != nil || !isNamed else { throw NewsError("there is no file '\(file.shown)'") }
      var reader = CourierSettingsReader(text ?? [], file: file)
      reader.lookAround()
      (complaints, isRight) = (reader.pictures, reader.isRight)
    } catch { (complaints, isRight) = ([error.message], false) }
  }
}
