internal import ArgumentParser
internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Say how the store is: what is in it, how large it is, what has its lock.",
    discussion: """
      If the lock can't be had, this says which process has it, and what to do; the exit status is 1 then, as \
      with --check if something is damaged. With --json it is one object; docs/store.md describes it, \
      and what to do with files that were moved aside.

      --check looks at every page and every subject. Logins wait while it looks at the pages, about a \
      millisecond for each thousand subjects. Nothing is changed: the next login moves a \
      damaged store aside.
      """)

  @OptionGroup var setup: Setup

  @Flag(help: "Look at all of it, to find damage.")
  var check = false

  @Flag(help: "Print JSON, one object.")
  var json = false

  func run() throws {
    let blockList = try setup.blockList()
    var status = try StoreStatus(blockList)
    do {
      try status.look(at: .now)
      if check { status.check = try blockList.checkStore() }
    } catch let error as StoreError {
      status.failure = error
    }
    // The process that keeps us out has the lock now.
    if status.failure?.isTimeout == true { status.holders = try blockList.lockHolders() }
    try Output.open { output in
      if json {
        try output.add(bytes: status.object)
      } else {
        try status.write(to: &output)
      }
    }
    if let failure = status.failure { throw failure }
  }
}

extension StoreError {
  /// Somebody else had the lock.
  var isTimeout: Bool { if case .system(let error) = self { error.isTimeout } else { false } }
}
