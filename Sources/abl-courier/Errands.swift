internal import Glibc
internal import Hooks
internal import News
internal import Notices
internal import Reports

/// What it does at once, and ends.
enum Errands {
  /// Returns only if it is to carry; by then it runs as the user that it is to be.
  static func run(_ options: Options) {
    switch options.errand {
    case .help: end(0, Options.help)
    case .check: check(options)
    default: break
    }
    become(options)
    switch options.errand {
    case .mail(let words): mail(words)
    case .report(let words, let isDry): report(words, isDry, options)
    case .testHooks(let name): exit(HookTest(options, settings(options)).run(name))
    case .carry, .check, .help: break
    }
  }

  /// The settings; a mistake is told, and is the end if nothing can be done without them.
  static func settings(_ options: Options, isNeeded: Bool) -> CourierSettings? {
    do throws(CourierSettingsError) { return try CourierSettings(file: options.settings) } catch {
      for message in error.messages { Log.say(message) }
      if isNeeded { exit(1) }
      return nil
    }
  }

  private static func settings(_ options: Options) -> CourierSettings {
    settings(options, isNeeded: true) ?? CourierSettings()
  }

  private static func check(_ options: Options) {
    let check = CourierSettingsCheck(file: options.settings, isNamed: options.namesSettings)
    for complaint in check.complaints { Log.show(complaint) }
    guard check.isRight else { exit(1) }
    let count = check.complaints.count
    let warnings = count == 1 ? "1 warning" : "\(count) warnings"
    end(0, "\(options.settings.shown): \(count == 0 ? "no mistakes" : warnings + ", no errors")")
  }

  /// What talks to a network, or runs what others wrote, has no right that it could lose.
  private static func become(_ options: Options) {
    guard Identity.isRoot, options.user != "root" || !options.isForRoot else { return }
    do throws(NewsError) { try Identity.become(options.user) } catch {
      Log.say(error.message)
      exit(1)
    }
  }

  private static func mail(_ words: [String]) {
    do throws(NewsError) {
      try SMTPErrand.run(words, mail: input())
      exit(0)
    } catch {
      // The first line of what it prints is told by the process that has started it.
      end(1, error.message)
    }
  }

  private static func report(_ words: [String], _ isDry: Bool, _ options: Options) {
    guard let incident = ReportErrand.incident(words) else { end(64, "no incident") }
    let errand = ReportErrand(
      settings(options), state: options.state, program: Identity.program)
    do throws(NewsError) {
      try errand.run(incident, isDry: isDry) { print($0) }
      exit(0)
    } catch { end(1, error.message) }
  }

  private static func input() -> [UInt8] {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while bytes.count < 1 << 20 {
      let count = unsafe read(0, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer.prefix(count)
    }
    return bytes
  }

  private static func end(_ status: Int32, _ text: String) -> Never {
    print(text)
    exit(status)
  }
}
