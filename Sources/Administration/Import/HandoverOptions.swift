internal import ArgumentParser
internal import BlockList

/// What the imports of other programs' files have in common.
struct HandoverOptions: ParsableArguments {
  @OptionGroup var setup: Setup

  @Flag(help: "Only read, and say what would be taken over.")
  var dryRun = false

  @Flag(help: "Print JSON, one object a line.")
  var json = false

  /// The store that it goes to.
  func blockList() throws -> BlockList {
    try dryRun ? setup.blockList() : setup.changeableBlockList()
  }

  /// Carries `handover` out, and tells what became of it.
  ///
  /// - Throws: `ExitCode.failure` if some of it was damaged.
  func carryOut(_ handover: Handover, _ blockList: BlockList) throws {
    var clerk = HandoverClerk(blockList, handover, isDry: dryRun, isJSON: json)
    try Output.open { try clerk.work(&$0) }
    if handover.isDamaged { throw ExitCode.failure }
  }
}
