internal import Administration
internal import NIOHTTP1
internal import Policy

/// What Dovecot says of a login (auth policy), before its password is judged and after it.
struct PolicyRequest: Equatable, Sendable {
  enum Command: String, Sendable { case allow, report }

  let command: Command
  var login = ""
  var remote = ""
  /// `imap`, `pop3`, `smtp` of Postfix …
  var service = ""
  var session = ""
  /// Of a report.
  var hasSucceeded = false
  /// Whether it was refused by our own word.
  var isOurRefusal = false

  init(_ request: Request) throws(Problem) {
    guard let command = request.query["command"].flatMap({ Command(rawValue: $0) }) else {
      throw .malformed("'command' must be 'allow' or 'report'")
    }
    self.command = command
    do throws(JSONError) {
      var scanner = JSONScanner(request.body[...])
      try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
        try read(String(decoding: key, as: UTF8.self), &scanner)
      }
    } catch { throw .malformed("the body, at byte \(error.offset): \(error.message)") }
  }

  private mutating func read(_ key: String, _ scanner: inout JSONScanner) throws(JSONError) {
    switch (key, scanner.next) {
    case ("login", UInt8(ascii: "\"")): login = try scanner.readText()
    case ("remote", UInt8(ascii: "\"")): remote = try scanner.readText()
    case ("protocol", UInt8(ascii: "\"")): service = try scanner.readText()
    case ("session_id", UInt8(ascii: "\"")): session = try scanner.readText()
    case ("success", UInt8(ascii: "t")):
      hasSucceeded = true
      try scanner.skipValue()
    case ("policy_reject", UInt8(ascii: "t")):
      isOurRefusal = true
      try scanner.skipValue()
    default: try scanner.skipValue()
    }
  }

  /// Nil if it has no subject.
  var attempt: Attempt? {
    let name = login.isEmpty || login.utf8.contains(0) ? nil : Name(bounded: Array(login.utf8))
    let address = HostAddress(parsing: Array(remote.utf8)[...])
    let attempt = Attempt(
      user: name, host: address.map { .address($0) },
      service: Name(bounded: Array((service.isEmpty ? "dovecot" : service).utf8)))
    return attempt.namesSomething ? attempt : nil
  }

  /// What an `allow` and its `report` have in common.
  var key: String { [session, remote, service, login].joined(separator: "\0") }
}

extension JSONScanner {
  fileprivate mutating func readText() throws(JSONError) -> String {
    String(decoding: try readString(), as: UTF8.self)
  }
}
