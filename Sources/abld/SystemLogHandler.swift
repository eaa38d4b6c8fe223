internal import CLinux
internal import Logging

/// Writes messages where an administrator looks for them: to the journal, as systemd reads it from
/// standard error; else to the system's log; in the foreground to standard error as they are.
struct SystemLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  private let destination: Destination

  private enum Destination {
    case journal, syslog, terminal
  }

  static func logger(isInForeground: Bool) -> Logger {
    let isJournal = unsafe getenv("JOURNAL_STREAM") != nil
    let destination: Destination = isJournal ? .journal : isInForeground ? .terminal : .syslog
    return Logger(label: "abld") { _ in SystemLogHandler(destination: destination) }
  }

  private init(destination: Destination) { self.destination = destination }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = "\(event.message)"
    let priority = event.level.priority
    switch destination {
    case .journal: write("<\(priority)>\(text)\n")
    case .terminal: write("abld: \(text)\n")
    case .syslog: unsafe text.withCString { unsafe clinux_syslog(priority, $0) }
    }
  }

  private func write(_ line: String) {
    let bytes = Array(line.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe CLinux.write(2, $0.baseAddress, $0.count) }
  }
}

extension Logger.Level {
  /// syslog's number.
  fileprivate var priority: Int32 {
    switch self {
    case .trace, .debug: LOG_DEBUG
    case .info: LOG_INFO
    case .notice: LOG_NOTICE
    case .warning: LOG_WARNING
    case .error: LOG_ERR
    case .critical: LOG_CRIT
    }
  }
}
