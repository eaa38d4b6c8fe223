public import Text

/// How much an administrator should know of something: syslog's words for it.
public enum Weight: Sendable {
  case info, notice, warning, error
}

/// Is told what an administrator should know; what comes from outside is escaped.
public typealias Telling = @Sendable (Weight, Text) -> Void
