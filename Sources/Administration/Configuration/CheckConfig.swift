internal import ArgumentParser
internal import BlockList
internal import Daemon
internal import Platform
internal import Policy
internal import Upkeep

struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is wrong with the configuration, or hardly meant.",
    discussion: """
      Every mistake is shown on standard error, with its line; so is, as a warning, what is right as \
      it is written but has no effect or a dangerous one: a rule that strangers can lock root by, a \
      limit that never matters, a command whose program is missing. Logins don't look for these. If no \
      file is named, the lines of PAM stacks that name the module are looked at, too, and the words \
      behind it, and so are the settings of abld, /etc/abl/abld.conf. A note says what is neither, and \
      worth to be known. The exit status is 1 if there is an error, or if a file can't be read, and 0 if there \
      are none, or warnings only.

      With --effective each key is printed with the value that holds, and where that is written, in \
      the form of a configuration.

      With --json it is one object: file, errors and warnings (how many), mistakes (severity, file, \
      line, column, text) and settings (key, value, file and line; null if it is the default).
      """)

  @OptionGroup var setup: Setup

  @Argument(help: "The configuration, instead of --config.", completion: .file())
  var file: Path?

  @Flag(help: "Print what holds.")
  var effective = false

  @Flag(help: "Print JSON, one object.")
  var json = false

  func run() throws {
    let path = file ?? setup.config
    let loaded = LoadedConfiguration(file: path)
    if loaded.failure == nil, loaded.isForeign, loaded.diagnostics.count > 1 {
      throw loaded.foreignness(path)
    }
    let isUsual = path == LoadedConfiguration.defaultFile
    let lines = isUsual ? LineConfigurations.mistakes(MachineFiles()) : []
    // abld's has a place of its own, and is meant with the machine's.
    let daemon = isUsual ? LoadedSettings(file: Settings.defaultFile) : nil
    let findings = ConfigurationFindings(loaded, lines, daemon?.diagnostics ?? [])
    if !json { try findings.show() }
    if let failure = loaded.failure { throw failure }
    if let failure = daemon?.failure { throw Failure(message: String(failure)) }
    try Output.open { output in
      if json {
        try output.add(bytes: findings.object(path, EffectiveSettings(loaded.configuration)))
      } else if effective {
        try EffectiveSettings(loaded.configuration).write(to: &output)
      } else if findings.errors == 0 {
        try output.tell(path.shown + ": " + findings.sentence)
      }
    }
    if findings.errors > 0 { throw ExitCode.failure }
  }
}

/// What is wrong with a configuration, and with the lines that name the module.
struct ConfigurationFindings {
  private let diagnostics: [Diagnostic]
  private let lines: [Finding]

  init(_ loaded: LoadedConfiguration, _ lines: [Finding], _ daemon: [Diagnostic]) {
    diagnostics =
      loaded.diagnostics + loaded.configuration.advice + loaded.surroundings + daemon
    self.lines = lines
  }

  var warnings: Int { diagnostics.count { $0.severity == .warning } }

  var errors: Int { diagnostics.count { $0.severity == .error } + lines.count }

  var sentence: String {
    warnings == 0 ? "no mistakes" : counted(warnings, "warning") + ", no errors"
  }

  /// On standard error.
  func show() throws {
    for diagnostic in diagnostics { diagnostic.show() }
    for line in lines {
      let place = line.place.map { $0.text + ": " } ?? ""
      Terminal.write("\(place)error: \(line.text)\n", to: .error)
    }
  }

  func object(_ path: Path, _ settings: EffectiveSettings) -> [UInt8] {
    var object = JSONObject()
    object.set("file", path.shown)
    object.set("errors", errors)
    object.set("warnings", warnings)
    object.set("mistakes", lines: diagnostics.map { $0.object } + lines.map { $0.mistake })
    object.set("settings", lines: settings.objects)
    return object.line()
  }
}

extension Diagnostic {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    object.set("severity", String(severity.text))
    object.set("file", Name(file).shown)
    object.set("line", line)
    object.set("column", column)
    object.set("text", String(message))
    return object.line()
  }
}

extension Finding {
  fileprivate var mistake: [UInt8] {
    var object = JSONObject()
    object.set("severity", "error")
    object.set("file", place?.file.harmless)
    object.set("line", place.flatMap { $0.line > 0 ? $0.line : nil })
    object.set("column", Int?.none)
    object.set("text", text)
    return object.line()
  }
}

extension LineConfigurations {
  /// Words behind the module that are no settings, in all stacks of a machine.
  static func mistakes(_ files: MachineFiles) -> [Finding] {
    var configurations = LineConfigurations(files)
    var seen: Set<StackPlace> = []
    let examined = files.stackNames.map { service in
      StackExamination(service, files) { configurations.refuses($0) }
    }
    return configurations.findings(examined, LoadedConfiguration.defaultFile).filter { finding in
      finding.kind == .argumentMistake && finding.place.map { seen.insert($0).inserted } ?? true
    }
  }
}
