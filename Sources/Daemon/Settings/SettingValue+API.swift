internal import Platform
internal import Text

// What each user may do at the local API. Whether there is such a user is looked up by what serves it: that
// may take long.
extension SettingValue {
  /// Reads `www-data:nginx,apache2; dovecot:imap`.
  func reporters() throws(Mistake) -> [Text] {
    var reporters: [Text] = []
    for entry in entries {
      let (user, services) = try Self.pair(
        entry, like: "a user and services, like 'www-data:nginx',")
      let names = services.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      var list = Text()
      for name in names.map({ $0.trimmed }) {
        guard name.isWord else { throw Self.expected("the name of a service", at: name) }
        list += (list.isEmpty ? "" : ",") + Text(name)
      }
      reporters.append(Text(user) + ":" + list)
    }
    return reporters
  }

  /// Reads `prometheus; alice`.
  func lookers() throws(Mistake) -> [Text] {
    var lookers: [Text] = []
    for entry in entries {
      guard entry.isUser else {
        throw Self.expected("a user, or several with ';' between,", at: entry)
      }
      lookers.append(Text(entry))
    }
    return lookers
  }

  /// Reads `dovecot:/etc/abl/dovecot.secret`.
  func policyClient() throws(Mistake) -> PolicyClient? {
    guard !whole.isEmpty else { return nil }
    let what: Text = "a user and the file of a secret, like 'dovecot:/etc/abl/dovecot.secret',"
    let (user, file) = try Self.pair(whole, like: what)
    let path = Path(file)
    guard path.isAbsolute, path.bytes.count == file.count else {
      throw Self.expected("a path that begins with '/'", at: file)
    }
    return PolicyClient(user: Text(user), secretFile: path)
  }

  /// What stands between `;`, without blanks around it.
  var entries: [ArraySlice<UInt8>] {
    whole.split(separator: UInt8(ascii: ";")).map { $0.trimmed }.filter { !$0.isEmpty }
  }

  /// A user, and what stands behind the colon.
  private static func pair(
    _ entry: ArraySlice<UInt8>, like what: Text
  ) throws(Mistake) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
    guard let colon = entry.firstIndex(of: UInt8(ascii: ":")) else {
      throw expected(what, at: entry)
    }
    let user = entry[..<colon].trimmed
    guard user.isUser else { throw expected(what, at: entry) }
    return (user, entry[(colon + 1)...].trimmed)
  }

  private static func expected(_ what: Text, at place: ArraySlice<UInt8>) -> Mistake {
    Mistake("\(what) expected", at: place.startIndex..<place.endIndex)
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at either end; its indices stay.
  fileprivate var trimmed: Self {
    let rest = drop { $0.isSpace }
    let end = rest.lastIndex { !$0.isSpace }.map { $0 + 1 } ?? rest.startIndex
    return rest[..<end]
  }

  /// Printable ASCII without a blank.
  fileprivate var isWord: Bool { !isEmpty && allSatisfy { 0x21...0x7E ~= $0 } }

  fileprivate var isUser: Bool { isWord && !contains(UInt8(ascii: ":")) }
}
