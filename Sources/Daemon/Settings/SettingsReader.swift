internal import Firewall
internal import Platform
public import Policy
public import Text

/// Reads abld's settings: the grammar, and the manner of complaints, are those of the module's
/// configuration. A setting that is wrong leaves what was, and the others hold.
public struct SettingsReader {
  public private(set) var settings = Settings()
  public private(set) var diagnostics: [Diagnostic] = []
  /// Where the module's configuration is named; nil if it isn't.
  private(set) var configurationPlace: Place?
  private let source: [UInt8]
  private let file: Text

  /// - Parameter file: its name, for the complaints.
  public init(_ source: [UInt8], file: Text) {
    (self.source, self.file) = (source, file)
    guard source.count <= Self.longest else {
      complain("the file is longer than 1 MiB", at: 0..<0)
      return
    }
    var offset = 0
    while offset < source.count { read(SettingLine(in: source, from: &offset)) }
  }

  /// Whether all of it could be used.
  public var isRight: Bool { !diagnostics.contains { $0.severity == .error } }

  private static let longest = 1 << 20
  private static let mostDiagnostics = 200

  private mutating func read(_ line: SettingLine) {
    guard !line.text.isEmpty else { return }
    do throws(Mistake) {
      try set(line)
    } catch {
      complain(error.message, at: line.place(of: error.range))
    }
  }

  private mutating func set(_ line: SettingLine) throws(Mistake) {
    guard let name = SettingName(line.text[line.name]) else {
      throw Mistake("unknown key\(Self.hint(line.text[line.name]))", at: line.name)
    }
    guard let value = line.value else { throw Mistake("'KEY = VALUE' expected", at: line.name) }
    var words = SettingValue(line.text, value)
    switch name {
    case .firewall: settings.firewall = try words.choice("on", "off")
    case .ports: settings.blocksAllPorts = try words.choice("all", "guessed")
    case .servicePorts: try words.setPorts(&settings.servicePorts)
    case .live: settings.endsLiveConnections = try words.choice("end", "keep")
    case .rate: settings.rate = try words.rate(burst: 5)
    case .log: settings.log = try words.rate(burst: 5)
    case .stop: settings.clearsAtStop = try words.choice("clear", "keep")
    case .maxBlocks: settings.most = try words.count(upTo: Settings.mostBlocks)
    case .proxies: try readProxies(words)
    case .api: settings.servesAPI = try words.choice("on", "off")
    case .report: settings.reporters = try words.reporters()
    case .look: settings.lookers = try words.lookers()
    case .dovecot: settings.policyClient = try words.policyClient()
    case .listFile: settings.listFile = try words.file()
    case .fleet: settings.fleet = try words.path()
    case .config:
      settings.moduleConfiguration = try words.path()
      configurationPlace = place(of: line.place(of: words.range))
    }
  }

  private mutating func readProxies(_ words: SettingValue) throws(Mistake) {
    var (proxies, first): ([Prefix], Mistake?) = ([], nil)
    for entry in words.entries {
      do throws(Mistake) { proxies.append(try Self.proxy(entry)) } catch { first = first ?? error }
    }
    // Those that are right hold all the same: none of them may be blocked.
    settings.proxies = proxies
    if let first { throw first }
  }

  private static func proxy(_ entry: ArraySlice<UInt8>) throws(Mistake) -> Prefix {
    // No address and no name has a comma or a blank.
    if let end = entry.firstIndex(where: { $0 == UInt8(ascii: ",") || $0.isSpace }) {
      _ = try proxy(entry[..<end])
      throw Mistake("';' expected between addresses", at: end..<(end + 1))
    }
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: entry, mistakes: &mistakes)
    if let mistake = mistakes.first { throw Mistake(mistake.problem.message, at: mistake.range) }
    guard list.entries.count == 1, let network = list.entries.first?.network else {
      let range = entry.startIndex..<entry.endIndex
      throw Mistake("an address or a network expected: a name is no address", at: range)
    }
    return Prefix(network)
  }

  /// "; did you mean 'ports'?": a key that shares most of its letters.
  private static func hint(_ word: ArraySlice<UInt8>) -> Text {
    let meant = Settings.names.map { Text(stringLiteral: $0) }.first { name in
      let common = zip(name.bytes, word).prefix { $0 == $1 }.count
      return common >= 3 && abs(name.bytes.count - word.count) <= 3
    }
    return meant.map { "; did you mean '\($0)'?" } ?? ""
  }

  private mutating func complain(_ message: Text, at range: Range<Int>) {
    guard diagnostics.count < Self.mostDiagnostics else { return }
    diagnostics.append(Diagnostic(.error, message, at: place(of: range)))
  }

  /// Only a mistake of Policy's own makes a place.
  private func place(of range: Range<Int>) -> Place {
    Diagnostic(SyntaxError(.settingExpected, at: range), in: source, file: file).place
  }
}

extension AllowList.Entry {
  var network: Network? {
    if case .network(let network) = self { network } else { nil }
  }
}

/// What is wrong with a line, and where in it.
struct Mistake: Error {
  let message: Text
  let range: Range<Int>

  init(_ message: Text, at range: Range<Int>) { (self.message, self.range) = (message, range) }
}
