import Foundation
import Harness
import Testing

private enum Tool: String {
  case systemdAnalyze = "/usr/bin/systemd-analyze"
  case strace = "/usr/bin/strace"

  var isThere: Bool { FileManager.default.isExecutableFile(atPath: rawValue) }
}

/// The units of systemd, as far as they can be tried where it doesn't run.
@Suite(.enabled(if: Tool.systemdAnalyze.isThere, "needs systemd-analyze")) struct UnitTests {
  /// Makes a fleet.conf, an operator, and an order of that person's.
  private static func order(in directory: String) -> String {
    """
    cd '\(directory)'
    printf 'fleet_machine = m1\\nfleet_broker = 127.0.0.1:1\\nfleet_operators = %s/operators\\n' "$PWD" >fleet.conf
    ssh-keygen -q -N '' -t ed25519 -f key
    echo "anna $(cut -d' ' -f1,2 key.pub)" >operators
    now=$(date +%s)
    printf 'abl-order 1\\nid %032d\\naction unblock\\nsubject host 192.0.2.7\\nmade %d\\nuntil %d\\nby anna\\nreason \\n' \
      1 $now $((now + 3600)) >text
    ssh-keygen -q -Y sign -f key -n abl-order <text >signature
    python3 -c "
    import sys
    text = open('text', 'rb').read()
    open('order', 'wb').write(len(text).to_bytes(2, 'big') + text + open('signature', 'rb').read())"
    chmod 600 fleet.conf operators order
    """
  }

  private static let service = Repository.file("conf/systemd/abld.service")

  @Test("abld has next to no rights: systemd's own rating is 2.0 at most") func rating() throws {
    let outcome = try Command(
      "systemd-analyze", ["security", "--offline=yes", "--threshold=20", Self.service]
    ).run()
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test("abl-courier has none but the network: systemd's own rating is 2.0 at most")
  func courier() throws {
    let unit = Repository.file("conf/abl-courier.service")
    let words = ["security", "--offline=yes", "--threshold=20", unit]
    let outcome = try Command("systemd-analyze", words).run()
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test("systemd understands each line of the units") func lines() throws {
    let directory = try TemporaryDirectory()
    let path = directory.url.path
    try shell("cp \(Repository.file("conf/systemd"))/* '\(path)'")
    // Neither the program nor its manual is installed here.
    try shell("sed -i 's|^ExecStart=.*|ExecStart=/bin/true|; /^Documentation=/d' '\(path)'/abld*")
    let said = try shell("systemd-analyze verify '\(path)'/abld* 2>&1")
    #expect(!said.split(separator: "\n").contains { $0.contains("abld") }, "\(said)")
  }

  @Test(
    "abld calls nothing of the kernel for which its unit would have it killed",
    .enabled(if: Tool.strace.isThere && OwnNetwork.isAvailable, "needs strace and root"))
  func calls() throws {
    try OwnNetwork.run {
      let daemon = try RunningDaemon()
      daemon.stop()
      let (secret, log) = (daemon.path("secret"), daemon.path("calls"))
      try shell("printf 0123456789abcdef >'\(secret)'; chmod 600 '\(secret)'")
      let fleet = daemon.path("fleet.conf")
      try daemon.set(
        ["report = nobody:nginx", "dovecot = nobody:\(secret)", "live = end", "fleet = \(fleet)"])
      try shell(Self.order(in: daemon.directory))
      // By -D abld is the child of the test, as it is without.
      daemon.wrapper += ["/usr/bin/strace", "-D", "-f", "-qq", "-o", log]
      try daemon.start()
      let curl = "curl -s -m 30 -o /dev/null --unix-socket '\(daemon.path("abld/api.sock"))'"
      try shell("\(curl) --retry 30 --retry-all-errors --retry-delay 1 http://abl/v1/status")
      try shell("\(curl) http://abl/ http://abl/metrics")
      let body = #"{"host":"192.0.2.7","user":"joe","service":"sshd"}"#
      let headers = "-H 'X-Abl: 1' -H 'Content-Type: application/json'"
      for _ in 0..<3 { try shell("\(curl) \(headers) -d '\(body)' http://abl/v1/fail") }
      #expect(try daemon.comes("192.0.2.7"))
      try waitUntil("abld takes orders") { daemon.exists("db/orders") }
      // It has ssh-keygen look at the signature of an order.
      try shell("mv '\(daemon.path("order"))' '\(daemon.path("db/orders/new-1"))'")
      #expect(try daemon.goes("192.0.2.7"), "\(daemon.log)")
      daemon.signal(SIGHUP)
      #expect(eventually { daemon.log.contains("took over the settings") })
      daemon.stop()
      let called = try Self.calls(in: String(contentsOfFile: log, encoding: .utf8))
      #expect(called.contains("accept4") && called.contains("sendto"))
      #expect(try called.subtracting(Self.allowed()).sorted() == [])
    }
  }

  /// The names in what strace has written: `4711 openat(…`.
  private static func calls(in log: String) -> Set<String> {
    var names: Set<String> = []
    for line in log.split(separator: "\n") {
      let rest = line.drop { $0.isNumber || $0 == " " }
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      if rest.dropFirst(name.count).hasPrefix("(") { names.insert(String(name)) }
    }
    return names
  }

  /// What the lines of the unit let it call, one line after the other.
  private static func allowed() throws -> Set<String> {
    let groups = try Self.groups()
    var allowed = try #require(groups["@default"])
    for line in try Repository.text(of: "conf/systemd/abld.service").split(separator: "\n")
    where line.hasPrefix("SystemCallFilter=") {
      let value = line.dropFirst("SystemCallFilter=".count)
      let isTaken = value.hasPrefix("~")
      for word in (isTaken ? value.dropFirst() : value).split(separator: " ") {
        let calls = groups[String(word)] ?? [String(word)]
        if isTaken { allowed.subtract(calls) } else { allowed.formUnion(calls) }
      }
    }
    return allowed
  }

  /// What systemd means by its names of groups, one in another too.
  private static func groups() throws -> [String: Set<String>] {
    var members: [String: Set<String>] = [:]
    var name = ""
    for line in try shell("systemd-analyze syscall-filter --no-pager").split(separator: "\n") {
      let word = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("@") {
        name = word
      } else if !word.hasPrefix("#") {
        members[name, default: []].insert(word)
      }
    }
    func all(_ group: String) -> Set<String> {
      Set((members[group] ?? []).flatMap { $0.hasPrefix("@") ? Array(all($0)) : [$0] })
    }
    return Dictionary(uniqueKeysWithValues: members.keys.map { ($0, all($0)) })
  }
}
