import Daemon
import Firewall
import Foundation
import Harness
import Platform
import Policy
import Testing
import Text

private func read(_ text: String) -> SettingsReader {
  SettingsReader(Array(text.utf8), file: "abld.conf")
}

private func complaints(_ text: String) -> [String] {
  read(text).diagnostics.map { String(decoding: $0.headline.bytes, as: UTF8.self) }
}

@Suite struct SettingsTests {
  @Test("an empty file, and comments, are the defaults") func defaults() {
    #expect(read("").settings == Settings())
    #expect(read("# firewall = off\n\n  \t# more \\\nfirewall = off\n").settings == Settings())
  }

  @Test("each key is read") func keys() throws {
    let settings = read(
      """
      firewall = off
      ports = all   # a comment
      service_ports = sshd:22,2222 \\
        imapd:143
      live = end
      rate = 5/2m burst 7
      log = off
      stop = clear
      max_blocks = 100
      proxies = 192.0.2.1; 2001:db8::/32
      api = off
      report = www-data : nginx, apache2 ;mail:imap;
      look = prometheus; 1000
      dovecot = dovecot:/etc/abl/dovecot.secret
      list_file = /var/lib/abld/hosts.deny
      config = /etc/other.conf
      """
    ).settings
    #expect(!settings.firewall && settings.blocksAllPorts && settings.endsLiveConnections)
    #expect(settings.servicePorts["sshd"] == [22, 2222] && settings.servicePorts["imapd"] == [143])
    #expect(settings.servicePorts["vsftpd"] == [21] && settings.servicePorts["other"] == [])
    #expect(settings.rate == PacketRate(packets: 5, seconds: 120, burst: 7) && settings.log == nil)
    #expect(settings.clearsAtStop && settings.most == 100)
    #expect(settings.proxies == [prefix("192.0.2.1"), prefix("2001:db8::", 32)])
    #expect(!settings.servesAPI && settings.reporters == ["www-data:nginx,apache2", "mail:imap"])
    #expect(settings.lookers == ["prometheus", "1000"] && settings.policyClient?.user == "dovecot")
    #expect(settings.policyClient?.secretFile == "/etc/abl/dovecot.secret")
    #expect(settings.listFile == "/var/lib/abld/hosts.deny")
    #expect(settings.moduleConfiguration == "/etc/other.conf")
  }

  @Test(
    "a mistake is told with its place, and leaves what was",
    arguments: [
      ("portz = all", "1:1: error: unknown key; did you mean 'ports'?"),
      ("nonsense", "1:1: error: unknown key"),
      ("ports", "1:1: error: 'KEY = VALUE' expected"),
      ("ports = some", "1:9: error: 'all' or 'guessed' expected"),
      ("max_blocks = 65537", "1:14: error: a number from 1 to 65536 expected"),
      ("\nrate = 5", "2:8: error: 'off', or a rate like '5/2m' or '5/2m burst 10', expected"),
      ("rate = 5/2m bust 3", "1:13: error: 'burst' expected"),
      (
        "service_ports = sshd",
        "1:17: error: a service and its ports, like 'sshd:22,2222', expected"
      ),
      ("service_ports = sshd:0", "1:22: error: a port from 1 to 65535 expected"),
      (
        "service_ports = sshd:2222,dovecot:993",
        "1:27: error: a port from 1 to 65535 expected; ';' separates services"
      ),
      (
        "service_ports = sshd:2222/dovecot:993",
        "1:22: error: a port from 1 to 65535 expected; ';' separates services"
      ),
      (
        "proxies = web.example",
        "1:11: error: an address or a network expected: a name is no address"
      ),
      (
        "proxies = web.example; 192.0.2.10/33",
        "1:11: error: an address or a network expected: a name is no address"
      ),
      (
        "proxies = \t;web.example ;",
        "1:13: error: an address or a network expected: a name is no address"
      ),
      ("config = pam_abl.conf", "1:10: error: a path that begins with '/' expected"),
      ("list_file = hosts.deny", "1:13: error: 'off', or the path of a file, expected"),
      ("list_file = /etc/", "1:13: error: 'off', or the path of a file, expected"),
      (
        "list_file = /etc/hosts.deny",
        "1:13: error: a file of its own expected, to be named in '/etc/hosts.deny': "
          + "abld would replace it, and remove it at its end"
      ),
      ("api = yes", "1:7: error: 'on' or 'off' expected"),
      (
        "report = mail:imap; www-data",
        "1:21: error: a user and services, like 'www-data:nginx', expected"
      ),
      ("report = www-data:nginx,", "1:25: error: the name of a service expected"),
      ("report = www-data:a b", "1:19: error: the name of a service expected"),
      ("look = alice bob", "1:8: error: a user, or several with ';' between, expected"),
      (
        "dovecot = dovecot",
        "1:11: error: a user and the file of a secret, like 'dovecot:/etc/abl/dovecot.secret',"
          + " expected"
      ),
      ("dovecot = dovecot:secret", "1:19: error: a path that begins with '/' expected"),
      ("stop = \\\n  cleer", "2:3: error: 'clear' or 'keep' expected"),
      // What is missing at the end of a line is missing there, and not in the next one.
      ("report = www-data:nginx,\n", "1:25: error: the name of a service expected"),
      ("stop =# nothing\n\n", "1:7: error: 'clear' or 'keep' expected"),
    ]) func mistakes(_ row: (text: String, complaint: String))
  {
    #expect(complaints(row.text) == ["abld.conf:" + row.complaint])
    #expect(read(row.text).settings == Settings())
    #expect(!read(row.text).isRight)
  }

  @Test("services are separated by blanks or ';'", arguments: [" ", ";", " ; ", "; ;"])
  func separators(_ separator: String) {
    let reader = read("service_ports = sshd:2222\(separator)dovecot:993,143\(separator)\n")
    #expect(reader.isRight)
    let ports = reader.settings.servicePorts
    #expect(ports["sshd"] == [2222] && ports["dovecot"] == [993, 143])
  }

  @Test(
    "of proxies, the one that is wrong is shown, and the others hold",
    arguments: [
      (
        "192.0.2.1; web.example",
        "1:22: error: an address or a network expected: a name is no address"
      ),
      ("192.0.2.1; 192.0.2.9/33", "1:32: error: expected a prefix length from 0 to 32"),
      ("2001:db8::/129; 192.0.2.1", "1:22: error: expected a prefix length from 0 to 128"),
    ]) func proxies(_ row: (value: String, complaint: String))
  {
    #expect(complaints("proxies = " + row.value) == ["abld.conf:" + row.complaint])
    #expect(read("proxies = " + row.value).settings.proxies == [prefix("192.0.2.1")])
  }

  @Test(
    "where proxies aren't separated by ';', the place is shown",
    arguments: [
      ("192.0.2.10, 2001:db8::/64", 21), ("192.0.2.10/24, 192.0.2.1", 24),
      ("192.0.2.1; 192.0.2.2 192.0.2.3/31", 31),
    ]) func commas(_ row: (value: String, column: Int))
  {
    #expect(
      complaints("proxies = " + row.value) == [
        "abld.conf:1:\(row.column): error: ';' expected between addresses"
      ])
  }

  @Test("made-up bytes are read to their end, and complained about where they are") func noise() {
    var generator = SystemRandomNumberGenerator()
    let words =
      Settings.names.map { Text(stringLiteral: $0).bytes } + [
        Array("= \\\n#:/,;5mburst \u{0}".utf8)
      ]
    for _ in 0..<2000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<40, using: &generator) {
        if Bool.random(using: &generator) { bytes += words.randomElement(using: &generator) ?? [] }
        bytes.append(UInt8.random(in: 0...255, using: &generator))
      }
      let reader = SettingsReader(bytes, file: "noise")
      #expect(reader.diagnostics.allSatisfy { !$0.rendered.bytes.isEmpty })
      #expect((1...Settings.mostBlocks).contains(reader.settings.most))
    }
  }

  @Test("conf/abld.conf names every key and its default") func shipped() throws {
    let text = try Repository.text(of: "conf/abld.conf")
    #expect(read(text).isRight && read(text).settings == Settings())
    // What stands behind '#' without a blank is the default.
    var defaults = ""
    let explanation = "#key = value "
    for line in text.split(separator: "\n")
    where !line.hasPrefix(explanation) && line.hasPrefix("#")
      && line.dropFirst().first?.isLetter == true
    {
      defaults += line.dropFirst() + "\n"
    }
    #expect(complaints(defaults) == [])
    #expect(read(defaults).settings == Settings())
    for name in Settings.names {
      let name = String(decoding: Text(stringLiteral: name).bytes, as: UTF8.self)
      #expect(defaults.split(separator: "\n").contains { $0.hasPrefix(name + " ") }, "\(name)")
    }
  }
}

@Suite struct PublishedStateTests {
  @Test("what is told can be read again, whatever a program is called") func roundTrip() throws {
    var state = PublishedState()
    (state.process, state.started, state.looked) = (4711, 1_700_000_000, 1_700_000_001)
    (state.isFirewallOn, state.blocks, state.leftOut, state.exempt) = (true, 7, 1, 2)
    state.meddler = "'nft x\nblocks 99' (process 5)"
    (state.lengths4, state.lengths6, state.ports) = ([32, 24], [128, 64], [22, 80])
    let read = try #require(PublishedState(parsing: state.text.bytes))
    state.meddler = "'nft x blocks 99' (process 5)"
    #expect(read == state)
    #expect(PublishedState(parsing: Array("version 2\n".utf8)) == nil)
  }

  @Test("the elements that could hold a host are of each length and port") func elements() {
    var state = PublishedState()
    (state.lengths4, state.ports) = ([32, 24], [22])
    #expect(
      state.elements(holding: prefix("192.0.2.7")) == [
        Element(prefix("192.0.2.7"), port: 0), Element(prefix("192.0.2.7"), port: 22),
        Element(prefix("192.0.2.0", 24), port: 0), Element(prefix("192.0.2.0", 24), port: 22),
      ])
  }
}

/// `abld --check`.
@Suite struct CheckTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ text: String) throws {
    let url = directory.file("abld.conf")
    try text.write(to: url, atomically: true, encoding: .utf8)
    chmod(url.path, 0o600)
  }

  private func check(_ file: String) throws -> Ended {
    let script = #"cd "$1" && exec "$2" --check --config "$3""#
    let words = [script, "sh", directory.url.path, Repository.program("abld"), file]
    return try Command("/bin/sh", ["-c"] + words).run()
  }

  @Test("a file that is named must be there") func missing() throws {
    let ended = try check("/nonexistent/abld.conf")
    #expect(ended.status == 1 && ended.output.isEmpty)
    #expect(ended.error == "abld: there is no file '/nonexistent/abld.conf'\n")
  }

  @Test("a relative path begins where it is called") func relative() throws {
    #expect(try check("abld.conf").status == 1)
    try write("api = yes\n")
    let ended = try check("abld.conf")
    #expect(ended.status == 1 && ended.error.hasPrefix("abld: abld.conf:1:7: error: "))
    try write("api = off\n")
    #expect(try check("abld.conf").output == "abld.conf: no mistakes\n")
  }

  @Test("the configuration that it names must be there") func configuration() throws {
    let other = directory.file("pam_abl.conf").path
    try write("firewall = off\nconfig = \(other)\n")
    let ended = try check("abld.conf")
    #expect(ended.status == 1 && ended.output.isEmpty)
    #expect(ended.error.hasPrefix("abld: abld.conf:2:10: error: cannot open '\(other)': "))
    #expect(ended.error.contains("\nconfig = \(other)\n         ^~~"))
    try "".write(toFile: other, atomically: true, encoding: .utf8)
    chmod(other, 0o600)
    #expect(try check("abld.conf").status == 0)
  }
}
