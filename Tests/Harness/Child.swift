import Foundation

/// A program that runs beside a test, which stops, continues and ends it; it is gone when this is.
public final class Child: @unchecked Sendable {
  public let id: pid_t
  private let input, output: FileHandle
  /// Its number may be another's by then.
  private var isTaken = false

  /// Starts it: `arguments` begin with the path of the program. It reads what is written to it,
  /// and what it prints can be read.
  public init(_ arguments: [String]) throws {
    let (input, output) = (Pipe(), Pipe())
    let (read, write) = (input.fileHandleForReading, output.fileHandleForWriting)
    id = try spawn(arguments.map { Array($0.utf8) }) {
      posix_spawn_file_actions_adddup2(&$0, read.fileDescriptor, 0)
      posix_spawn_file_actions_adddup2(&$0, write.fileDescriptor, 1)
    }
    (self.input, self.output) = (input.fileHandleForWriting, output.fileHandleForReading)
  }

  /// One that does nothing.
  public static func idle() throws -> Child { try Child(["/bin/sleep", "1000"]) }

  /// The next bytes that it prints.
  public var said: String { String(decoding: output.availableData, as: UTF8.self) }

  /// Writes to what it reads.
  public func say(_ text: String) { input.write(Data(text.utf8)) }

  /// Writes a line for it to read.
  public func tell(_ line: String) { input.write(Data((line + "\n").utf8)) }

  /// The next line that it prints; nil if none comes in time, or it has ended.
  public func line(patience: Int32 = 30) -> String? {
    var line: [UInt8] = []
    while true {
      var wait = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, patience * 1000) > 0 else { return nil }
      var byte: UInt8 = 0
      guard read(output.fileDescriptor, &byte, 1) == 1 else { return nil }
      if byte == 10 { return String(decoding: line, as: UTF8.self) }
      line.append(byte)
    }
  }

  /// Stops it; it has stopped when this returns.
  public func stop() {
    kill(id, SIGSTOP)
    wait(for: WSTOPPED)
  }

  /// Lets it go on.
  public func resume() {
    kill(id, SIGCONT)
    wait(for: WCONTINUED)
  }

  /// Ends it; it is a zombie when this returns.
  public func die() {
    kill(id, SIGKILL)
    waitForEnd()
  }

  /// Waits until it is a zombie.
  public func waitForEnd() { wait(for: WEXITED) }

  private func wait(for change: Int32) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(id), &information, change | WNOWAIT) != 0, errno == EINTR {}
  }

  /// Waits for its end, and gives its status; 128 and the number of a signal that ended it.
  public func status() -> Int32 {
    waitForEnd()
    isTaken = true
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  /// Ends it, and takes its status: nothing is left of it. Returns the signal that ended it.
  @discardableResult
  public func end() -> Int32 {
    guard !isTaken else { return 0 }
    isTaken = true
    kill(id, SIGKILL)
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F
  }

  /// Likewise, with the processes that it has begun itself: a server's workers would live on.
  public func endAll() {
    guard !isTaken else { return }
    let list = try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)
    end()
    let children = (list ?? "").split(separator: " ").compactMap { pid_t($0) }
    for child in children { kill(child, SIGKILL) }
  }

  deinit { end() }
}
