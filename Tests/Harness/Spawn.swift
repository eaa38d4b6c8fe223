import Foundation

/// A call of the system that failed, with its `errno`.
struct SystemFailure: Error {
  let what: String
  let code: Int32
}

/// Starts a process; by posix_spawn itself, for many tests do so at once, and Foundation's Process
/// was seen to lose descriptors and ends then.
///
/// - Parameters:
///   - words: the path of the program, and its arguments; any bytes.
///   - environment: nil is that of the test.
///   - streams: says what its standard streams are.
func spawn(
  _ words: [[UInt8]], environment: [String]? = nil,
  _ streams: (inout posix_spawn_file_actions_t) -> Void
) throws -> pid_t {
  let argv = words.map { word in strdup(word.map { CChar(bitPattern: $0) } + [0]) } + [nil]
  let envp = (environment ?? []).map { strdup($0) } + [nil]
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer {
    for text in argv + envp { free(text) }
    posix_spawn_file_actions_destroy(&actions)
  }
  streams(&actions)
  // `swift test` leaves descriptors open that a program under a limit has no room for.
  for descriptor: Int32 in 3..<256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
  var child: pid_t = 0
  let program = String(decoding: words[0], as: UTF8.self)
  let code =
    environment == nil
    ? posix_spawn(&child, program, &actions, nil, argv, environ)
    : posix_spawn(&child, program, &actions, nil, argv, envp)
  guard code == 0 else { throw SystemFailure(what: "cannot start \(program)", code: code) }
  return child
}
