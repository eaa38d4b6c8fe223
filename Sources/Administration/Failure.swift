internal import BlockList
internal import CSystem
internal import Policy

/// Why a command could not do what it was asked for; the exit status is 1.
struct Failure: Error {
  /// Lower case, no full stop: "cannot …".
  let message: String

  /// What the system refused, and why; and what to do where it was for want of rights.
  ///
  /// - Parameter what: "cannot …".
  static func system(_ what: String, _ number: CInt) -> Failure {
    let hint = (number == EACCES || number == EPERM) && !Terminal.isRoot ? "; run it as root" : ""
    return Failure(message: what + ": " + WriteError(number: number).reason + hint)
  }
}

/// Arguments that make no sense together; the exit status is 64.
///
/// Thrown by `run()`: an error of `validate()` would hide that an option is unknown, and
/// ArgumentParser shows the wrong usage with a `ValidationError` of `run()`.
struct Misuse: Error {
  /// The command's name; nil if none was understood.
  var command: String?
  /// A sentence.
  let message: String

  /// A name that can't be anybody's.
  static func nonsense(_ subject: Subject, _ why: String, _ command: String) -> Misuse {
    let name = String(subject.text.quoted)
    return Misuse(command: command, message: "No \(subject.kindText) can be \(name): \(why).")
  }

  var text: String {
    let command = command.map { $0 + " " } ?? ""
    let lines = "Error: \(message)".wrapped(to: Terminal.width(of: .error), indent: 7)
    return lines.joined(separator: "\n")
      + "\n  See 'ablctl \(command)--help' for more information.\n"
  }
}

extension StoreError {
  /// What happened and, if the user that runs us may not do it, what to do.
  var advice: String {
    if isFull {
      return "the store is full: set a larger 'max_size', run 'ablctl compact' and then this again"
    }
    let message = String(self.message)
    guard case .system(let error) = self, error.isRefusal, !Terminal.isRoot else { return message }
    return message + "; run it as root"
  }
}

/// Says on standard error what went wrong, or should be known.
func complain(_ message: String) {
  let lines = ("ablctl: " + message).wrapped(to: Terminal.width(of: .error), indent: 2)
  Terminal.write(lines.joined(separator: "\n") + "\n", to: .error)
}
