internal import BlockList

extension RecordedAttempt.State {
  var word: String {
    switch self {
    case .failed: "failed"
    case .refused: "refused"
    }
  }

  init?(word: String) {
    switch word {
    case "failed": self = .failed
    case "refused": self = .refused
    default: return nil
    }
  }
}

extension RecordedAttempt.Reason {
  var word: String {
    switch self {
    case .authentication: "authentication"
    case .host: "host"
    case .user: "user"
    case .both: "both"
    }
  }

  init?(word: String) {
    switch word {
    case "authentication": self = .authentication
    case "host": self = .host
    case "user": self = .user
    case "both": self = .both
    default: return nil
    }
  }
}
