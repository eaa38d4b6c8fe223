internal import BlockList
internal import Platform
internal import Policy
internal import Synchronization
internal import Upkeep

/// The rules of the machine, read anew once a second at most: what an administrator changes holds
/// for the next login, here as in PAM. While the file can't be read, what it said last holds.
final class ConfigurationSource: Sendable {
  private struct State {
    var configuration: Configuration?
    var time: Int64 = .min
  }

  let file: Path
  private let state = Mutex(State())
  /// What was read last, to be had without waiting.
  private let last = Mutex<Configuration?>(nil)
  private static let milliseconds: Int64 = 1000

  /// The table that was used last. To map it and to let go of it costs more than a look at it.
  var table: InFlightTable? {
    get { lastTable.withLock { $0 } }
    set { lastTable.withLock { $0 = newValue } }
  }
  private let lastTable = Mutex<InFlightTable?>(nil)

  init(_ file: Path) { self.file = file }

  /// Nil if there never was one. To be called where it may block.
  var current: Configuration? {
    state.withLock { state in
      let now = Clock.milliseconds
      if state.configuration == nil || now - state.time >= Self.milliseconds {
        state.time = now
        let loaded = LoadedConfiguration(file: file)
        if loaded.failure == nil {
          let adapted = Self.adapted(loaded.configuration)
          state.configuration = adapted
          last.withLock { $0 = adapted }
        }
      }
      return state.configuration
    }
  }

  /// What `attempt` counts for, as far as is known; this waits for nothing.
  func subjects(of attempt: Attempt) -> [Subject] {
    last.withLock { $0?.subjects(of: attempt) ?? [] }
  }

  /// How many failures block `subject`, likewise.
  func leastCount(for subject: Subject) -> Int {
    last.withLock { $0.map { Int($0.rule(for: subject).leastCount) } ?? .max }
  }

  /// No thread waits for others' verdicts here, requests do; and whatever a line of a stack is for,
  /// this is for all.
  private static func adapted(_ configuration: Configuration) -> Configuration {
    var adapted = configuration
    (adapted.pendingWait, adapted.actions) = (0, [])
    return adapted
  }
}
