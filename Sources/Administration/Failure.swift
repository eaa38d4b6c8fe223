internal import BlockList
internal import Policy

/// Why a command could not do what it was asked for; the exit status is 1.
struct Failure: Error {
  /// Lower case, no full stop: "cannot …".
  let message: String
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
    return "Error: \(message)\n  See 'ablctl \(command)--help' for more information.\n"
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
  Terminal.write("ablctl: " + message + "\n", to: .error)
}
