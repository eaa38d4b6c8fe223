internal import CNews

/// A program that may run for so long, and say so much: then it is ended, with all of its group.
///
/// It gets the environment that it is given and no more, and no file but its input and its output.
@safe public final class BoundedProcess {
  /// How it ended.
  public enum Ending: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case tooLate
    case talkative

    /// "exit status 1", "took too long"
    public var text: String {
      switch self {
      case .exited(let status): "exit status \(status)"
      case .signalled(let number): "ended by signal \(number)"
      case .tooLate: "took too long, and was ended"
      case .talkative: "said too much, and was ended"
      }
    }
  }

  private let process: pid_t
  private let deadline: Int64
  /// What it prints, to be waited for; -1 once it has closed that.
  public private(set) var descriptor: CInt
  /// The begin of what it has printed.
  public private(set) var output: [UInt8] = []
  private var printed = 0
  private var verdict: Ending?
  private var isReaped = false
  private let kept: Int

  private let most: Int

  /// Bytes that it may print in all, if nothing else is said.
  public static let mostOutput = 1 << 20

  /// Starts it.
  ///
  /// - Parameters:
  ///   - words: the absolute path of the program, and its arguments.
  ///   - kept: how many bytes of what it prints are of interest.
  ///   - most: how many it may print.
  public init(
    _ words: [String], environment: [(String, String)] = [], input: [UInt8] = [], seconds: Int,
    keeping kept: Int = 4096, printing most: Int = mostOutput
  ) throws(NewsError) {
    let file = unsafe cnews_input(input, input.count)
    guard file >= 0 else { throw .ofSystem("start '\(words[0].shown)'") }
    defer { close(file) }
    var ends: [CInt] = [-1, -1]
    guard unsafe cnews_pipe(&ends) == 0 else { throw .ofSystem("start '\(words[0].shown)'") }
    defer { close(ends[1]) }
    let variables = environment.map { "\($0.0)=\($0.1)" }
    process = unsafe CWords.with(words) { argv in
      unsafe CWords.with(variables) { unsafe cnews_start(words[0], argv, $0, file, ends[1]) }
    }
    guard process > 0 else {
      let error = NewsError.ofSystem("start '\(words[0].shown)'")
      close(ends[0])
      throw error
    }
    (descriptor, self.kept, self.most) = (ends[0], kept, most)
    deadline = Clock.milliseconds + Int64(seconds) * 1000
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    guard !isReaped else { return }
    kill(-process, SIGKILL)
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && cnews_errno() == EINTR {}
  }

  /// Takes what it has printed, and ends it if it is to be ended; nil while it runs.
  public func serve() -> Ending? {
    read()
    if verdict == nil, Clock.milliseconds >= deadline { end(.tooLate) }
    if verdict == nil, printed > most { end(.talkative) }
    var status: CInt = 0
    switch unsafe cnews_reap(process, &status) {
    case 0: return nil
    case 1: read()
    default: status = 0xFF00
    }
    isReaped = true
    if let verdict { return verdict }
    let signal = status & 0x7F
    return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
  }

  /// Waits for its end.
  public func wait() -> Ending {
    while true {
      if let ending = serve() { return ending }
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&wait, 1, 20)
    }
  }

  private func end(_ verdict: Ending) {
    self.verdict = verdict
    kill(-process, SIGKILL)
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while descriptor >= 0, printed <= most {
      let count = unsafe CNews.read(descriptor, &buffer, buffer.count)
      if count < 0, cnews_errno() == EAGAIN || cnews_errno() == EINTR { return }
      guard count > 0 else {
        close(descriptor)
        descriptor = -1
        return
      }
      printed += count
      output += buffer.prefix(min(count, kept - output.count))
    }
  }
}

/// Words as C has them: pointers that live as long as the call.
private enum CWords {
  static func with<Result>(
    _ words: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    return unsafe pointers.withUnsafeBufferPointer { pointers in
      // Safe: an array with at least one element has an address.
      unsafe body(pointers.baseAddress.unsafelyUnwrapped)
    }
  }
}
