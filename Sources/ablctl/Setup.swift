internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy

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
}

extension BlockList {
  /// The store and its rules, by the configuration in the file `config`; see `Setup.blockList()`.
  static func opened(_ config: Path) throws(StoreError) -> BlockList {
    let loaded = LoadedConfiguration(file: config)
    loaded.complainOfMistakes()
    if let failure = loaded.failure { throw failure }
    return BlockList(loaded.configuration) { complain(String($0)) }
  }
}

extension LoadedConfiguration {
  /// Shows all mistakes on standard error, as compilers do.
  func complainOfMistakes() {
    for diagnostic in diagnostics { Terminal.write(diagnostic.picture + "\n", to: .error) }
  }
}

extension Timestamp {
  /// By the clock of the machine.
  static var now: Timestamp { Timestamp(seconds: Clock.now) }
}
