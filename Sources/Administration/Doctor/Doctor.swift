internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say whether abl is in force, and what is in its way.",
    discussion: """
      This looks at each service of /etc/pam.d and at the files that it includes: whether our line is \
      there, in front of what judges passwords, with a control that refuses; at its words and the \
      configuration that they name; at the module and liblmdb; at the directories and the store; at \
      sshd_config, and at other modules that count. Nothing is changed. Programs that judge without \
      being root are not found. docs/doctor.md has all that it may find.

      With --try a wrong password goes through the stack of sshd, or else of the first service with a \
      line that works: for a user that there isn't, from an address that is for documentation only. It \
      is proven that it counts, and then it is taken back. The other modules of the stack see it, too, \
      so they are named first, and you are asked, unless --yes is given; beside a module that counts \
      failures, --yes is needed in any case.

      A fault puts abl out of force somewhere, a doubt may do so, a note is to know. The exit status \
      is 0 if abl is in force, 2 if it is with doubts, and 1 if it isn't: no service has a line that \
      works, or there is a fault.

      With --json it is one object: verdict ("inForce", "doubtful", "notInForce"), guarded and \
      unguarded (services with a line that works, and without a line), and findings, each with level \
      ("fault", "doubt", "note"), kind, file, line, text and advice.
      """)

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The configuration whose store to look at if no line names one.", valueName: "file"))
  var config: Path = LoadedConfiguration.defaultFile

  @Option(help: ArgumentHelp("Look at the system whose root this is.", valueName: "directory"))
  var root: Path?

  @Flag(name: .customLong("try"), help: "Prove with a wrong password that failures count.")
  var isTrying = false

  @Flag(name: .shortAndLong, help: "Do not ask, with --try.")
  var yes = false

  @Flag(help: "Print JSON, one object.")
  var json = false

  func run() throws {
    let files = MachineFiles(root: root ?? "/")
    if isTrying, !files.isHere {
      throw Misuse(command: "doctor", message: "Only this machine can be tried: --try or --root.")
    }
    var examination = Examination(files, config: config, checkingStore: true)
    if isTrying { examination.add(try Try(files, examination.guarded).finding(isSure: yes)) }
    try Output.open { output in
      if json {
        try output.add(bytes: examination.object.line())
      } else {
        try examination.write(to: &output)
      }
    }
    switch examination.verdict {
    case .inForce: break
    case .doubtful: throw ExitCode(2)
    case .notInForce: throw ExitCode.failure
    }
  }
}

extension Examination {
  /// `abl is in force: login, sshd, su`
  var sentence: String {
    let services = Self.list(guarded)
    switch verdict {
    case .inForce: return "abl is in force: " + services
    case .doubtful: return "abl is in force, with doubts: " + services
    case .notInForce where guarded.isEmpty: return "abl is not in force"
    case .notInForce:
      return "abl is not in force as it should be; its line is right in: " + services
    }
  }

  func write(to output: inout Output) throws {
    try output.tell(sentence)
    for finding in findings { try finding.write(to: &output) }
  }

  var object: JSONObject {
    var object = JSONObject()
    object.set("verdict", verdict.rawValue)
    object.set("guarded", guarded.map { $0.harmless })
    object.set("unguarded", unguarded.map { $0.harmless })
    object.set("findings", lines: findings.map { $0.object })
    return object
  }
}
