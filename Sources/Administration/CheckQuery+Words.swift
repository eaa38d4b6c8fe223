internal import Platform
internal import Policy

/// A shorter way to `check`, which scripts call at each connection: three quarters of its time went
/// into ArgumentParser's look at all commands.
extension CheckQuery {
  /// Reads the words behind our name; nil if one of them needs a closer look, or could be a mistake:
  /// then ArgumentParser reads them all, and says what is wrong.
  init?(words: [String]) {
    guard words.first == "check" else { return nil }
    var (index, isServiceRead, isConfigRead) = (1, false, false)
    while index < words.count {
      var word = words[index]
      index += 1
      if word == "--json" || word == "--quiet" {
        guard format == nil else { return nil }
        format = word == "--json" ? .json : .quiet
        continue
      }
      let value: String
      if word.utf8.starts(with: "--".utf8), let sign = word.utf8.firstIndex(of: UInt8(ascii: "=")) {
        value = String(word[word.utf8.index(after: sign)...])
        word = String(word[..<sign])
      } else {
        guard index < words.count else { return nil }
        value = words[index]
        index += 1
        if value.utf8.first == UInt8(ascii: "-") { return nil }
      }
      switch word {
      case "-H", "--host":
        guard let host = TypedHost(argument: value) else { return nil }
        hosts.append(host)
      case "-U", "--user":
        guard let user = TypedName(argument: value) else { return nil }
        users.append(user)
      case "-s", "--service":
        guard !isServiceRead, let name = Name(argument: value) else { return nil }
        (service, isServiceRead) = (name, true)
      case "-c", "--config":
        guard !isConfigRead, let path = Path(argument: value) else { return nil }
        (config, isConfigRead) = (path, true)
      default: return nil
      }
    }
    if isEmpty { return nil }
  }
}
