internal import BlockList
internal import CPAM

/// What libpam's status says of an attempt, by the answers that there were.
enum Verdict {
  case right, wrong
  /// Wrong, and nothing stood in what was answered.
  case wrongAndEmpty
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
      default: self = .wrong
      }
    }
  }

  var outcome: Outcome {
    switch self {
    case .right, .notAsked: .succeeded
    case .wrong, .wrongAndEmpty: .failed
    case .left: .abandoned
    }
  }
}
