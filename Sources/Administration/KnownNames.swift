internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

/// Names that a shell offers while one is typed: of the store that the words before name, as far as
/// it may be read.
enum KnownNames {
  /// No more are offered: no person reads them, and a shell waits for all.
  private static let most = 1000

  /// What is on record.
  static func completions(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    names(words, prefix) { _ in true }
  }

  /// What is blocked.
  static func blocked(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    names(words, prefix) { $0.block != nil }
  }

  private struct EndOfLook: Error {}

  private static func names(
    _ words: [String], _ prefix: String, _ isMeant: (Standing) -> Bool
  ) -> [String] {
    // What is wrong with the configuration would be written over the line that is typed.
    let loaded = LoadedConfiguration(file: configuration(in: words))
    guard loaded.failure == nil, !loaded.isForeign else { return [] }
    let blockList = BlockList(loaded.configuration) { _, _ in }
    let decrees = (try? blockList.decrees(at: .now)) ?? DecreeBook()
    let judge = Judge(loaded.configuration, nil, decrees, .now)
    var names: [String] = []
    try? SummaryListing(blockList, nil, .now).forEachSubject { subject in
      guard names.count < most else { throw EndOfLook() }
      guard let name = subject.subject?.name, name.hasPrefix(prefix),
        isMeant(judge.standing(of: subject))
      else { return }
      names.append(name)
    }
    return names
  }

  /// The file that `--config` names, as it was typed so far.
  private static func configuration(in words: [String]) -> Path {
    let index = words.lastIndex { $0 == "-c" || $0 == "--config" }
    guard let index, index + 1 < words.count, let path = Path(argument: words[index + 1]) else {
      return LoadedConfiguration.defaultFile
    }
    return path
  }
}
