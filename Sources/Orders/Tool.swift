internal import CSystem

/// A program that couldn't be run.
public struct ToolError: Error, Sendable {
  public let message: String

  public init(message: String) { self.message = message }
}

/// Programs of the system that are run to their end: no shell is involved.
public enum Tool {
  public struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number, if one has ended it.
    public var status: Int32 = 0
    public var output: [UInt8] = []
    public var complaints: [UInt8] = []

    /// The first line of what it complained about: visible ASCII, and short.
    public var firstComplaint: String {
      let line = (complaints + output).prefix { $0 != 10 && $0 != 13 }.prefix(200)
      let shown = line.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
      return shown.isEmpty ? "exit status \(status)" : String(decoding: shown, as: UTF8.self)
    }
  }

  /// What is kept of its output, and of what it complains about.
  static let mostOutput = 1 << 20

  /// Runs a program in a clean environment, but for what an agent and a terminal need.
  ///
  /// - Parameters:
  ///   - path: absolute.
  ///   - input: at most 4096 bytes, which a pipe takes at once.
  ///   - seconds: then it is ended.
  ///   - isForPeople: it may ask on the terminal, and use the caller's agent.
  public static func run(
    _ path: String, _ arguments: [String], input: [UInt8] = [], seconds: Int = 10,
    isForPeople: Bool = false
  ) throws(ToolError) -> Outcome {
    guard input.count <= 4096 else { throw ToolError(message: "too much for '\(path)' to read") }
    let (reading, writing) = (try pipeEnds(), try pipeEnds())
    let complaining = try pipeEnds()
    _ = unsafe write(reading[1], input, input.count)
    close(reading[1])
    let descriptors = [reading[0], writing[1], complaining[1]]
    let process = spawn(path, arguments, descriptors, isForPeople)
    let number = csystem_errno()
    for descriptor in descriptors { close(descriptor) }
    defer { for descriptor in [writing[0], complaining[0]] { close(descriptor) } }
    guard let process else {
      throw ToolError(message: "cannot start '\(path)': \(reason(number))")
    }
    return try collect(path, process, writing[0], complaining[0], seconds)
  }

  private static func pipeEnds() throws(ToolError) -> [CInt] {
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else {
      throw ToolError(message: "cannot make a pipe")
    }
    return ends
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ descriptors: [CInt], _ isForPeople: Bool
  ) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, descriptor) in descriptors.enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(target))
    }
    var environment = ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    if isForPeople {
      for name in ["SSH_AUTH_SOCK", "HOME", "TERM", "SSH_ASKPASS", "DISPLAY"] {
        if let value = unsafe getenv(name) {
          let text = unsafe String(cString: value)
          environment.append("\(name)=\(text)")
        }
      }
    }
    var (argv, envp) = unsafe (words([path] + arguments), words(environment))
    defer { unsafe release(argv + envp) }
    var process: pid_t = 0
    let code = unsafe posix_spawn(&process, path, &actions, nil, &argv, &envp)
    csystem_set_errno(code)
    return code == 0 ? process : nil
  }

  private static func words(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    unsafe texts.map { unsafe strdup($0) } + [nil]
  }

  private static func release(_ words: [UnsafeMutablePointer<CChar>?]) {
    for index in unsafe words.indices { unsafe free(words[index]) }
  }

  /// Reads all that it says, until both pipes are closed or its time is over.
  private static func collect(
    _ path: String, _ process: pid_t, _ output: CInt, _ complaints: CInt, _ seconds: Int
  ) throws(ToolError) -> Outcome {
    var outcome = Outcome()
    var open = [output, complaints]
    let end = time(nil) + seconds
    while !open.isEmpty {
      var waits = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let left = max(0, end - time(nil))
      let ready = unsafe poll(&waits, nfds_t(waits.count), CInt(left * 1000 + 100))
      if ready < 0, csystem_errno() == EINTR { continue }
      guard ready > 0 else {
        kill(process, SIGKILL)
        _ = status(of: process)
        throw ToolError(message: "'\(path)' took longer than \(seconds) s")
      }
      for wait in waits where wait.revents != 0 {
        let isOutput = wait.fd == output
        let chunk = chunk(of: wait.fd)
        guard !chunk.isEmpty else {
          open.removeAll { $0 == wait.fd }
          continue
        }
        if isOutput {
          outcome.output.append(bounded: chunk)
        } else {
          outcome.complaints.append(bounded: chunk)
        }
      }
    }
    outcome.status = status(of: process)
    return outcome
  }

  private static func chunk(of descriptor: CInt) -> ArraySlice<UInt8> {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = -1
    repeat {
      count = unsafe read(descriptor, &buffer, buffer.count)
    } while count < 0 && csystem_errno() == EINTR
    return buffer.prefix(max(count, 0))
  }

  private static func status(of process: pid_t) -> Int32 {
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && csystem_errno() == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  /// What an `errno` means.
  public static func reason(_ number: CInt) -> String {
    unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }

  /// What a file says; nil if it can't be read, or has more bytes.
  public static func contents(of path: String, atMost limit: Int) -> [UInt8]? {
    let descriptor = unsafe csystem_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var content: [UInt8] = []
    while true {
      let chunk = chunk(of: descriptor)
      guard !chunk.isEmpty else { return content }
      content += chunk
      guard content.count <= limit else { return nil }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(bounded more: ArraySlice<UInt8>) {
    self += more.prefix(Tool.mostOutput - count)
  }
}
