internal import BlockList
internal import CPAM

/// What libpam's status says of an attempt, by the answers that there were.
enum Verdict {
  case right, wrong
  /// Taken for wrong, but no judge has said so: a directory is out of reach, perhaps.
  case unjudged
  /// Wrong, and nothing stood in what was answered.
  case wrongAndEmpty
  /// Wrong, and there is no such user.
  case noUser
  /// The user was asked, and gave no answer.
  case left
  /// Nothing was asked, so nothing was guessed.
  case notAsked

  /// The status alone doesn't tell: a module that can't reach its directory says so of wrong
  /// answers, too.
  init(_ status: CInt, _ answers: abl_answers) {
    if status == PAM_SUCCESS {
      self = .right
    } else {
      switch answers {
      case abl_not_asked: self = .notAsked
      case abl_not_given: self = .left
      case abl_all_empty: self = .wrongAndEmpty
      case abl_all_junk: self = .noUser
      default:
        self = status == PAM_USER_UNKNOWN ? .noUser : status == PAM_AUTH_ERR ? .wrong : .unjudged
      }
    }
  }

  /// What it says of whether there is no such user; nil where it doesn't tell.
  ///
  /// - Parameter isOfSSH: sshd has looked the user up, and hands on no password for one that it
  ///   doesn't know.
  func isUnknownUser(isOfSSH: Bool) -> Bool? {
    switch self {
    case .noUser: true
    case .wrong where isOfSSH, .unjudged where isOfSSH: false
    default: nil
    }
  }

  var outcome: Outcome {
    switch self {
    case .right, .notAsked: .succeeded
    case .wrong, .unjudged, .wrongAndEmpty, .noUser: .failed
    case .left: .abandoned
    }
  }
}
