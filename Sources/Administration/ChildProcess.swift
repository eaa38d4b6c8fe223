internal import CSystem
internal import Platform
internal import Policy

/// A program that writes what we want to read.
struct ChildProcess: ~Copyable {
  /// What the program prints; its reader closes it.
  let output: CInt
  private let process: pid_t
  private let complaints: CInt

  private init(_ process: pid_t, output: CInt, complaints: CInt) {
    (self.process, self.output, self.complaints) = (process, output, complaints)
  }

  deinit { if complaints >= 0 { close(complaints) } }

  /// Starts `program`, an absolute path, with nothing to read.
  static func started(
    _ program: [UInt8], _ arguments: [[UInt8]]
  ) throws(Failure) -> ChildProcess {
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .ofSystem("make a pipe") }
    for end in ends { _ = csystem_set_cloexec(end) }
    let complaints = fileWithoutName()
    let started = start([program] + arguments, output: ends[1], error: complaints)
    defer { close(ends[1]) }
    guard let started else {
      defer { close(ends[0]) }
      throw .ofSystem("start '\(Name(program).shown)'")
    }
    return ChildProcess(started, output: ends[0], complaints: complaints)
  }

  /// Starts the program that `words` begins with, an absolute path, to read from `input` and to
  /// write where we do; nil if it can't be started.
  static func reading(_ input: CInt, _ words: [[UInt8]]) -> pid_t? {
    unsafe spawn(words, csystem_environment()) { actions in
      unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    }
  }

  /// For what goes to standard error: it isn't read before the end, so a pipe could be too short.
  ///
  /// -1 if there can be none.
  private static func fileWithoutName() -> CInt {
    var name = Array("/tmp/ablctl-XXXXXX".utf8CString)
    let file = unsafe mkstemp(&name)
    guard file >= 0 else { return file }
    _ = csystem_set_cloexec(file)
    unsafe unlink(name)
    return file
  }

  private static func start(_ words: [[UInt8]], output: CInt, error: CInt) -> pid_t? {
    // What it prints must not depend on the language of this terminal.
    var environment = CStrings([Array("LC_ALL=C".utf8), Array("PATH=/usr/bin:/bin".utf8)])
    return unsafe spawn(words, &environment.pointers) { actions in
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
      if error >= 0 { unsafe posix_spawn_file_actions_adddup2(&actions, error, 2) }
    }
  }

  /// Starts the program that `words` begins with; nil, and `errno`, if it can't be started.
  private static func spawn(
    _ words: [[UInt8]], _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ prepare: (inout posix_spawn_file_actions_t) -> Void
  ) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe prepare(&actions)
    var argv = CStrings(words)
    let path = (words.first ?? []).map { CChar(bitPattern: $0) } + [0]
    var process: pid_t = 0
    let error = unsafe posix_spawn(&process, path, &actions, nil, &argv.pointers, environment)
    csystem_set_errno(error)
    return error == 0 ? process : nil
  }

  /// Waits for the end of a process, and says how it ended.
  static func end(of process: pid_t) -> CInt {
    var status: CInt = 0
    while unsafe waitpid(process, &status, 0) < 0 && csystem_errno() == EINTR {}
    return status
  }

  /// Waits for its end: nil if all was well, else what it said first, or how it ended.
  ///
  /// - Parameter name: of the program, for messages.
  func complaintAtEnd(_ name: String) -> String? {
    let status = Self.end(of: process)
    guard status != 0 else { return nil }
    var said = [UInt8](repeating: 0, count: 4096)
    let got = unsafe pread(complaints, &said, said.count, 0)
    let line = said.prefix(max(got, 0)).prefix { $0 != UInt8(ascii: "\n") }
    if !line.isEmpty { return Name(line).shown }
    let signal = status & 0x7F
    let end = signal == 0 ? "exit status \(status >> 8 & 0xFF)" : "ended by signal \(signal)"
    return "\(name): \(end)"
  }

  /// The first executable file of one of these names in a directory of PATH.
  static func program(_ names: [String]) -> [UInt8]? {
    let search = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
    for name in names {
      for directory in search.split(separator: ":") where directory.hasPrefix("/") {
        let path = directory + "/" + name
        if unsafe access(path, X_OK) == 0 { return Array(path.utf8) }
      }
    }
    return nil
  }
}

/// Texts as C's `argv` has them, freed at the end.
@safe private struct CStrings: ~Copyable {
  // Safe: each is a copy of our own, and they live as long as this does.
  var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []

  init(_ texts: [[UInt8]]) {
    for text in texts {
      let terminated = text.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
      unsafe pointers.append(strdup(terminated))
    }
    unsafe pointers.append(nil)
  }

  deinit {
    for index in unsafe pointers.indices { unsafe free(pointers[index]) }
  }
}

extension Failure {
  /// A call of the system failed just now.
  static func ofSystem(_ action: String) -> Failure {
    let number = csystem_errno()
    let reason = unsafe strerror(number).map { unsafe String(cString: $0) }
    return Failure(message: "cannot \(action): " + (reason ?? "error \(number)"))
  }
}
