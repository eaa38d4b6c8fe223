internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Text
internal import Upkeep

/// Where the configuration is: an option of every command.
struct Setup: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The configuration; it says where the store is.", valueName: "file"))
  var config: Path = LoadedConfiguration.defaultFile

  /// The store and its rules; says on standard error what is wrong with the configuration, and
  /// goes on with what is right.
  ///
  /// - Throws: `StoreError` if it can't be read.
  func blockList() throws -> BlockList { try BlockList.opened(config) }

  /// Likewise, for what is about to change, be it only that failures which wait are filed: a user that
  /// may not read it is told so before anything else.
  func changeableBlockList() throws -> BlockList {
    let blockList = try blockList()
    if !Terminal.isRoot { _ = try blockList.subjects(after: nil, count: 1) }
    return blockList
  }
}

extension BlockList {
  /// The store and its rules, by the configuration in the file `config`; see `Setup.blockList()`.
  ///
  /// - Throws: `StoreError` if it can't be read, `Failure` if nothing of it makes sense.
  static func opened(_ config: Path) throws -> BlockList {
    let loaded = LoadedConfiguration(file: config)
    if let failure = loaded.failure {
      loaded.complainOfMistakes()
      throw failure
    }
    guard !loaded.isForeign else { throw loaded.foreignness(config) }
    loaded.complainOfMistakes()
    let blockList = BlockList(loaded.configuration) {
      if $0 == .error { complain(String($1)) }
    }
    blockList.lasting = loaded.doubtfulKinds
    return blockList
  }

  /// Says that nothing is ever blocked, where an administrator asks what is.
  func complainOfNoRule(_ config: Path) {
    guard configuration.hasNoRule else { return }
    complain("\(Name(config.bytes).quoted) sets no rule: no host and no user is ever blocked")
  }
}

extension LoadedConfiguration {
  /// Shows the first mistakes on standard error, as compilers do.
  func complainOfMistakes() {
    let digest = DiagnosticDigest(diagnostics)
    for diagnostic in digest.shown { diagnostic.show() }
    if let remark = digest.remark { complain(String(remark)) }
  }

  /// Whether the file is none of abl's: nothing of it is a setting, nor was meant to be one.
  var isForeign: Bool {
    let strange = [SyntaxError.Problem.keyUnknown(meant: nil), .settingExpected, .nulByte]
    let messages = strange.map { $0.message }
    return !configuration.hasSettings && diagnostics.contains { $0.severity == .error }
      && diagnostics.allSatisfy { messages.contains($0.message) || $0.message == Self.more }
  }

  private static var more: Text { SyntaxError.Problem.tooManyMistakes.message }

  /// What to say of such a file; none of its lines, which may be secrets.
  func foreignness(_ config: Path) -> Failure {
    let name = Name(config.bytes).quoted
    let line = diagnostics.first.map { " (the first: line \($0.line))" } ?? ""
    return Failure(message: "\(name) is no configuration of abl: no line of it is a setting" + line)
  }
}

extension Diagnostic {
  /// Shows it on standard error.
  func show() { Terminal.write(picture + "\n", to: .error) }
}

extension Timestamp {
  /// By the clock of the machine.
  static var now: Timestamp { Timestamp(seconds: Clock.now) }
}
