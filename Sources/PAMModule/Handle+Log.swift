internal import CPAM
internal import Policy
internal import Text

/// Only PAMModule logs; what it calls says what happened, and it decides how loud that is.
extension Handle {
  enum Loudness {
    case debug, notice, warning, error
  }

  func log(_ loudness: Loudness, _ text: Text) {
    let priority =
      switch loudness {
      case .debug: LOG_DEBUG
      case .notice: LOG_NOTICE
      case .warning: LOG_WARNING
      case .error: LOG_ERR
      }
    unsafe text.withCString { unsafe abl_log(raw, priority, $0) }
  }

  /// The first few; they come with each login.
  func log(_ diagnostics: [Diagnostic]) {
    let digest = DiagnosticDigest(diagnostics)
    for diagnostic in digest.shown { log(diagnostic.severity, diagnostic.headline) }
    if let severity = digest.severity, let remark = digest.remark { log(severity, remark) }
  }

  private func log(_ severity: SyntaxError.Severity, _ text: Text) {
    let loudness: Loudness = severity == .error ? .error : .warning
    log(loudness, text)
  }
}
