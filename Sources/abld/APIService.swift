internal import Daemon
internal import LocalAPI
internal import Logging
internal import Platform
internal import ServiceLifecycle
internal import Synchronization
internal import Text

/// Serves the local API beside the firewall: what goes wrong with it is logged, and no more.
struct APIService: Service {
  private enum Occasion {
    /// The directory is ours: no other abld has its socket there.
    case begun
    case reload
  }

  private let occasions: AsyncStream<Occasion>
  private let source: AsyncStream<Occasion>.Continuation
  private let keeper: APIKeeper

  init(settings: Path, in directory: Path, _ logger: Logger) {
    (occasions, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(8))
    keeper = APIKeeper(settings, directory, logger)
  }

  /// Lets it begin.
  func begin() { source.yield(.begun) }

  /// Has the settings read anew.
  func reload() { source.yield(.reload) }

  func run() async {
    await withGracefulShutdownHandler {
      var hasBegun = false
      for await occasion in occasions {
        if occasion == .begun { hasBegun = true }
        if hasBegun { await keeper.readSettings() }
      }
      await keeper.end()
    } onGracefulShutdown: {
      source.finish()
    }
  }
}

/// Keeps one server, as the settings want it.
private actor APIKeeper {
  private let file, directory: Path
  private let logger: Logger
  private let grants = SharedGrants()
  /// With what it was started; nil if nothing is served.
  private var served: Settings?
  private var isFirst = true
  private let (ending, source) = AsyncStream.makeStream(of: Void.self)

  init(_ settings: Path, _ directory: Path, _ logger: Logger) {
    (file, self.directory, self.logger) = (settings, directory, logger)
  }

  /// Takes what the file says, unless it has a mistake: of that the carrier tells.
  func readSettings() async {
    let file = file
    let (loaded, setup) = await OwnThread.run {
      let loaded = LoadedSettings(file: file)
      return (loaded, APISetup(loaded.settings))
    }
    guard loaded.isRight || isFirst else { return }
    for problem in setup.problems { logger.error("\(problem)") }
    take(setup)
    isFirst = false
    if let served { return compare(served, loaded.settings) }
    guard loaded.settings.servesAPI else { return noteLeftSocket() }
    served = loaded.settings
    start(setup, loaded.settings)
  }

  /// A mistake keeps what was. At the start there is nothing to keep, so what is right is taken.
  private func take(_ setup: APISetup) {
    guard setup.grantProblems.isEmpty || isFirst else {
      return logger.error("the rights to report and to look stay as they were")
    }
    grants.replace(setup.grants)
  }

  private func start(_ setup: APISetup, _ settings: Settings) {
    let path = String(directory.appending("api.sock").text)
    let server = APIServer(
      Listener.passed("api") ?? .path(path), configurationFile: settings.moduleConfiguration,
      grants: grants, policy: setup.policy, logger: logger)
    // It is told of the end of all, as this task is.
    Task { await serve(server) }
  }

  private func serve(_ server: APIServer) async {
    do { try await server.run() } catch {
      logger.error("the local API isn't served: \(error); all else goes on, a reload tries again")
    }
    served = nil
    source.yield()
  }

  /// Waits until it has ended, but not for long.
  func end() async {
    guard served != nil else { return }
    let source = source
    Task {
      try? await Task.sleep(for: .milliseconds(700))
      source.finish()
    }
    for await _ in ending where served == nil { return }
  }

  // MARK: - What a reload doesn't change

  private func compare(_ old: Settings, _ new: Settings) {
    for (key, isSame) in [
      ("api", old.servesAPI == new.servesAPI), ("dovecot", old.policyClient == new.policyClient),
      ("config", old.moduleConfiguration == new.moduleConfiguration),
    ] where !isSame {
      logger.notice("the local API takes over the new '\(key)' when abld is restarted")
    }
  }

  private func noteLeftSocket() {
    guard Listener.passed("api") != nil else { return }
    let remedy = "'systemctl disable --now abld.socket' makes them go on at once"
    logger.warning("'api' is off, but systemd listens: programs that ask will wait; \(remedy)")
  }
}
