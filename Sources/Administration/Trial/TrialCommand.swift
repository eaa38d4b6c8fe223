internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct TrialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial",
    abstract: "Turn abl on in a service, with a way back.",
    discussion: """
      'start' puts a line into the service's file in /etc/pam.d that names its own end: from then on, \
      and in another boot, the module lets the rest of the stack decide, whatever has become of this \
      command. 'keep' makes the line stay, 'stop' takes it out; one that is over is taken out by the \
      next of these, and by 'ablctl update'. No other line of the file is changed, nor what others \
      change meanwhile.
      """,
    subcommands: [Start.self, Keep.self, Stop.self, Show.self], defaultSubcommand: Show.self)

  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Turn it on for some minutes.",
      discussion: """
        What would make logins fail is looked at first: without the module, liblmdb or a rule nothing \
        is changed. Keep the shell open that you are in, and try a login in another one.
        """)

    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("The configuration that the line names.", valueName: "file"))
    var config: Path = LoadedConfiguration.defaultFile

    @Option(name: .shortAndLong, help: "The service; a file of /etc/pam.d.")
    var service = "sshd"

    @Option(
      name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "time"),
      transform: TrialLength.parsed)
    var length: TrialLength = .usual

    func run() throws {
      try Preparation(MachineFiles(), config).check()
      let isUsual = config == LoadedConfiguration.defaultFile
      let words = isUsual ? [] : [Array("config=".utf8) + config.bytes]
      let trials = TrialLines(MachineFiles())
      try trials.start(service, TrialEnd(in: length.seconds), words: words)
      Audit.log("began a trial in \(service.harmless) for \(length.text)")
      try Output.open { output in
        for trial in trials.all where trial.service == service { try output.tell(trial.sentence) }
        try output.tell("  then the line is nothing, by itself; so it is after a reboot")
        try output.tell("  'ablctl trial keep' makes it stay, 'ablctl trial stop' takes it out")
        guard let address = Connection.seat.map({ String($0.address.text) }) else { return }
        try output.tell(
          "  you come from \(address): 'ablctl allow \(address) --for 1h' keeps that from being "
            + "blocked meanwhile", indent: 4)
      }
    }
  }

  struct Keep: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make the line stay.")

    func run() throws {
      let kept = try TrialLines(MachineFiles()).keep()
      guard !kept.isEmpty else { throw Failure(message: "no trial goes on; nothing to keep") }
      for trial in kept { Audit.log("made the line in \(trial.service.harmless) stay") }
      try Output.open { output in
        for trial in kept { try output.tell("abl stays on in " + trial.service.harmless) }
      }
    }
  }

  struct Stop: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take the line out.")

    func run() throws {
      let stopped = try TrialLines(MachineFiles()).stop()
      for trial in stopped { Audit.log("ended the trial in \(trial.service.harmless)") }
      try Output.open { output in
        if stopped.isEmpty { try output.add("there is no trial") }
        for trial in stopped { try output.tell("abl is off in " + trial.service.harmless) }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what is on trial.",
      discussion: """
        With --json, each line is an object: service, file, line (where it stands) and secondsLeft \
        (0 if it is over).
        """)

    @Flag(help: "Print JSON, one object a line.")
    var json = false

    func run() throws {
      let trials = TrialLines(MachineFiles()).all
      try Output.open { output in
        if trials.isEmpty, !json { try output.add("there is no trial") }
        for trial in trials {
          if json {
            try output.add(bytes: trial.object)
          } else {
            try output.tell(trial.sentence)
          }
        }
      }
    }
  }
}

/// From a minute to a day.
struct TrialLength: ExpressibleByArgument {
  let seconds: Int64

  static let usual = TrialLength(seconds: 600)

  init?(argument: String) {
    guard case .length(let seconds, _)? = Period(argument: argument),
      (60...86_400).contains(seconds)
    else { return nil }
    self.seconds = seconds
  }

  private init(seconds: Int64) { self.seconds = seconds }

  /// Reads likewise, and says what is wrong.
  static func parsed(_ argument: String) throws -> TrialLength {
    if let length = TrialLength(argument: argument) { return length }
    let isLength = DecreeTerm(argument: argument) != nil
    throw ValidationError(
      isLength ? "a trial lasts from 1m to 1d" : Period.whyNoLength(argument))
  }

  var text: String { Duration(seconds: seconds).text }

  var defaultValueDescription: String { Amount.time.text(seconds) }
}

extension TrialLines.Trial {
  /// `abl is on trial in sshd for another 9 min, by /etc/pam.d/sshd:3`
  var sentence: String {
    guard let left = end.left else {
      return "the trial in \(service.harmless) is over: \(place.text) is nothing now"
    }
    let rest = Duration(seconds: left).text
    return "abl is on trial in \(service.harmless) for another \(rest), by \(place.text)"
  }

  var object: [UInt8] {
    var object = JSONObject()
    object.set("service", service.harmless)
    object.set("file", place.file.harmless)
    object.set("line", place.line)
    object.set("secondsLeft", Int(end.left ?? 0))
    return object.line()
  }
}

/// What has to be so before a line may stand in a stack: else it would keep all logins out, or none.
struct Preparation {
  private let files: MachineFiles
  private let config: Path

  init(_ files: MachineFiles, _ config: Path) { (self.files, self.config) = (files, config) }

  /// - Throws: a `Failure` that says what is missing.
  func check() throws {
    let line = StackPlace(file: "pam_abl.so", line: 0)
    guard let required = StackControl("required") else { return }
    let faults = ModuleFile("pam_abl.so", files).findings(line, required)
    if let fault = faults.first(where: { $0.level == .fault }) {
      throw Failure(message: "nothing was changed: \(fault.text); \(fault.advice)")
    }
    guard files.hasLibrary else {
      throw Failure(message: "nothing was changed: there is no liblmdb.so.0; install it first")
    }
    let loaded = LoadedConfiguration(file: files.path(config.bytes))
    if let failure = loaded.failure {
      throw Failure(message: "nothing was changed: " + files.unrooted(String(failure.message)))
    }
    guard !loaded.configuration.hasNoRule else {
      throw Failure(message: "nothing was changed: \(config.shown) sets no rule")
    }
  }
}
