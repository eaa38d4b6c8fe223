import BlockList
import Glibc
import Platform
import Policy

@testable import Administration

/// A configuration and a store of their own, in a temporary directory, and the ablctl that was
/// built.
final class Machine {
  let directory: String
  var config: String { directory + "/pam_abl.conf" }

  /// For a name of its own where the system has its temporary files.
  fileprivate static var template: [CChar] {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return Array("\(place)/ablctl-test-XXXXXX".utf8CString)
  }

  /// - Parameter rules: what the configuration says beside where the store is.
  init(_ rules: String = "host_rule = *:3/1h\nuser_rule = !root:5/1d\n") {
    var template = Machine.template
    directory = String(cString: mkdtemp(&template))
    configure("db_home = \(directory)/db\nrun_home = \(directory)/run\n" + rules)
  }

  deinit {
    _ = Machine.spawn("/bin/rm", ["-rf", directory].map { Array($0.utf8) }, environment: [])
  }

  /// Writes the whole configuration.
  func configure(_ text: String) { Machine.write(text, to: config) }

  /// Runs ablctl with this configuration.
  func ablctl(_ arguments: String..., environment: [String] = []) -> Ended {
    run(arguments.map { Array($0.utf8) }, environment: environment)
  }

  /// Runs ablctl with this configuration and arguments of any bytes.
  func run(_ arguments: [[UInt8]], environment: [String] = []) -> Ended {
    let all = arguments + [Array("--config".utf8), Array(config.utf8)]
    return Machine.spawn(Machine.program, all, environment: environment + ["TZ=UTC"])
  }

  /// The same store, in this process.
  var blockList: BlockList { BlockList(LoadedConfiguration(file: Path(config.utf8)).configuration) }

  func fail(
    host: String?, user: String?, service: String = "sshd", at time: Timestamp, times: Int = 1
  ) throws {
    for _ in 0..<times {
      try blockList.fileFailure(of: .init(host: host, user: user, service: service), at: time)
    }
  }
}

extension Attempt {
  convenience init(host: String?, user: String?, service: String = "sshd") {
    self.init(
      user: user.map { Name(Array($0.utf8)) }, host: host.flatMap { Host(Array($0.utf8)[...]) },
      service: Name(Array(service.utf8)))
  }
}

/// How a program ended, and what it said.
struct Ended: Equatable {
  /// The exit status; 128 and its number if a signal ended it.
  var status: Int32
  var output: String
  var error: String

  var lines: [Substring] { output.split(separator: "\n") }
}

extension Machine {
  /// ablctl stands beside the tests.
  static let program: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = buffer.prefix(length).map { UInt8(bitPattern: $0) }
    let end = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return String(decoding: path[..<end], as: UTF8.self) + "/ablctl"
  }()

  /// Starts `program`, for the caller to end and to wait for.
  static func start(_ program: String, _ arguments: [String]) -> pid_t {
    var argv = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for pointer in argv { free(pointer) } }
    var process: pid_t = 0
    precondition(posix_spawn(&process, program, nil, nil, &argv, nil) == 0)
    return process
  }

  /// Runs `program` to its end, with `environment` and nothing else.
  static func spawn(_ program: String, _ arguments: [[UInt8]], environment: [String]) -> Ended {
    let output = TemporaryFile()
    let error = TemporaryFile()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
    posix_spawn_file_actions_adddup2(&actions, error.descriptor, 2)
    let words = [Array(program.utf8)] + arguments
    var argv = words.map { word in strdup(word.map { CChar(bitPattern: $0) } + [0]) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer {
      for pointer in argv + envp { free(pointer) }
      posix_spawn_file_actions_destroy(&actions)
    }
    var process: pid_t = 0
    guard posix_spawn(&process, program, &actions, nil, &argv, &envp) == 0 else {
      return Ended(status: -1, output: "", error: "cannot start \(program)")
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let signal = status & 0x7F
    return Ended(
      status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: output.text,
      error: error.text)
  }

  static func bytes(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let got = read(descriptor, &buffer, buffer.count), got > 0 {
      bytes += buffer[..<got]
    }
    return bytes
  }

  static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    // A look at a store in another thread may change the umask for a moment.
    fchmod(descriptor, 0o644)
    let bytes = Array(text.utf8)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}

/// A file without a name.
private struct TemporaryFile: ~Copyable {
  let descriptor: CInt

  init() {
    var template = Machine.template
    descriptor = mkstemp(&template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { close(descriptor) }

  var text: String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let got = pread(descriptor, &buffer, buffer.count, off_t(bytes.count)), got > 0 {
      bytes += buffer[..<got]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
