internal import CLinux
internal import Daemon
internal import Firewall
internal import Logging
internal import Platform
internal import Policy
internal import ServiceLifecycle
internal import Text
internal import UnixSignals

/// What abld does, by its command line.
struct Program {
  private let words: [String]

  static let version = Release.text

  init(_ words: [String]) { self.words = words }

  /// - Returns: the exit status.
  func run() async -> Int32 {
    do throws(Options.Misuse) {
      let options = try Options(words)
      switch options.action {
      case .help: return say(Options.help)
      case .version: return say(Self.version)
      case .check: return check(options)
      case .remove: return remove(options)
      case .run: return await serve(options)
      }
    } catch {
      return complain(error.message + "; 'abld --help' tells the options", status: 64)
    }
  }

  // MARK: - Its services

  private func serve(_ options: Options) async -> Int32 {
    // For 2048 clients of the API, and what the firewall needs beside them.
    clinux_allow_descriptors(4096)
    let logger = SystemLogHandler.logger(isInForeground: options.isInForeground)
    let api = APIService(settings: options.settings, in: options.run, logger)
    let carrier = CarrierService(settings: options.settings, in: options.run, logger) {
      api.begin()
    }
    let wakeUp = carrier.wakeUp
    // Before the others: once abld says that it is ready, the signal must not end it.
    let reload = await ReloadService {
      wakeUp.reload()
      api.reload()
    }
    // They are ended from the last to the first; the firewall waits for no client of the API.
    let services: [any Service] = [api, carrier, reload]
    let group = ServiceGroup(
      configuration: .init(
        services: services.map {
          .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
        },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: Self.silent))
    do {
      try await group.run()
      return 0
    } catch {
      logger.error("\(error)")
      return 1
    }
  }

  /// The library tells of each of its own steps.
  private static let silent = Logger(label: "abld.services") { _ in SwiftLogNoOpLogHandler() }

  // MARK: - What it does at once

  private func check(_ options: Options) -> Int32 {
    let loaded = LoadedSettings(file: options.settings)
    guard loaded.isThere || !options.namesSettings else {
      return complain("there is no file '\(String(options.settings.text))'", status: 1)
    }
    let surroundings = loaded.surroundings
    for diagnostic in loaded.diagnostics + surroundings {
      _ = complain(String(diagnostic.rendered), status: 1)
    }
    if let failure = loaded.failure { return complain(String(failure), status: 1) }
    let problems = APISetup(loaded.settings).problems
    for problem in problems { _ = complain(problem, status: 1) }
    guard loaded.isRight, surroundings.isEmpty, problems.isEmpty else { return 1 }
    return say("\(String(options.settings.text)): no mistakes")
  }

  private func remove(_ options: Options) -> Int32 {
    if case .running(let state) = DaemonPresence(in: options.run) {
      let process = "abld runs (process \(state.process)) and would undo it"
      return complain(process + "; stop it first, or set 'firewall = off'", status: 1)
    }
    do throws(FirewallError) {
      try KernelTable().remove()
    } catch {
      return complain(String(error.message), status: 1)
    }
    if case .ended(var state) = DaemonPresence(in: options.run), state.blocks > 0 {
      // ablctl would say on that they run to their ends.
      state.blocks = 0
      try? RunDirectory(taking: options.run)?.publish(state)
    }
    return removeList(options)
  }

  private func removeList(_ options: Options) -> Int32 {
    do throws(SystemError) {
      let file = LoadedSettings(file: options.settings).settings.listFile
      if let file { try ListFile.remove(file) }
      return say("the kernel holds nothing of abl any more")
    } catch {
      return complain(String(error.message), status: 1)
    }
  }

  private func say(_ text: String) -> Int32 {
    print(text)
    return 0
  }

  private func complain(_ text: String, status: Int32) -> Int32 {
    Self.write("abld: \(text)\n")
    return status
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe CLinux.write(2, $0.baseAddress, $0.count) }
  }
}
