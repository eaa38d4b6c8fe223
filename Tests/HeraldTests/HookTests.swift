import Foundation
import Harness
import Testing

/// Hooks, as abl-courier runs them.
@Suite(.enabled(if: Place.isAvailable, "needs root: the courier runs as another user"), .serialized)
struct HookTests {
  @Test("a hook gets the address, the variables, and the event as JSON; as a user without rights")
  func call() throws {
    let place = try Place()
    let out = place.path("out/all")
    try place.hook(
      "10-all",
      """
      #!/bin/sh
      { echo "$# $1"; id -un; env | grep ABL_ | sort; cat; pwd; ls /proc/self/fd | wc -l; } >\(out).new
      mv \(out).new \(out)
      """)
    try place.startCourier()
    try place.fail("192.0.2.7")
    #expect(eventually { !place.known("out/all").isEmpty }, "\(place.read("courier.log"))")
    let lines = place.known("out/all")
    #expect(lines.prefix(2) == ["1 192.0.2.7", "nobody"])
    for variable in [
      "ABL_EVENT=began", "ABL_KIND=host", "ABL_ADDRESS=192.0.2.7", "ABL_RULE=*:1/1h",
      "ABL_SERVICE=sshd", "ABL_FAILURES=1", "ABL_PORT=50000", "ABL_MISSED=0", "ABL_CAUSE=attempt",
    ] { #expect(lines.contains(variable), "\(variable): \(lines)") }
    let line = lines.first { $0.hasPrefix("{") } ?? ""
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["name"] as? String == "192.0.2.7" && object?["event"] as? String == "began")
    // Its input, its output, its errors, and the directory that ls reads.
    #expect(lines.suffix(2) == ["/", "4"])
  }

  /// As DenyHosts' documentation has them: the address is the one argument.
  @Test("a plugin of DenyHosts is run unchanged: PLUGIN_DENY at the begin, PLUGIN_PURGE at the end")
  func plugins() throws {
    let place = try Place()
    let plugin = """
      #!/usr/bin/python3
      import sys
      with open("OUT", "a") as log:
          for host in sys.argv[1:]:
              log.write("%s\\n" % host)
      """
    try place.hook(
      "plugin.deny", plugin.replacingOccurrences(of: "OUT", with: place.path("out/denied")))
    try place.hook(
      "plugin.purge", plugin.replacingOccurrences(of: "OUT", with: place.path("out/purged")))
    try place.startCourier()
    try place.fail("192.0.2.7")
    try place.fail("2001:db8::7")
    try place.fail("a.name.example")
    try place.forgive("192.0.2.7")
    #expect(
      eventually { place.known("out/purged") == ["192.0.2.7"] }, "\(place.read("courier.log"))")
    #expect(eventually { Set(place.known("out/denied")) == ["192.0.2.7", "2001:db8::/64"] })
    #expect(place.known("out/purged") == ["192.0.2.7"])
  }

  @Test("what others may have written is not run, and that is told") func distrust() throws {
    let place = try Place()
    let script = "#!/bin/sh\ntouch \(place.path("out"))/$(basename $0)\n"
    try place.hook("good", script)
    try place.hook("writable", script, mode: 0o777)
    try place.hook("plain", script, mode: 0o644)
    try place.hook("foreign", script)
    chown(place.path("hooks/foreign"), 65534, 65534)
    try place.hook("editor~", script)
    symlink(place.path("out/own"), place.path("hooks/led"))
    try place.write("out/own", script, 0o755)
    let outcome = try place.run(["--test-hooks"])
    #expect(outcome.status == 1)
    let text = outcome.output
    #expect(text.contains("good: exit status 0"), "\(outcome)")
    #expect(text.contains("others may write to '\(place.path("hooks/writable"))'"), "\(outcome)")
    #expect(text.contains("'\(place.path("hooks/foreign"))' isn't root's"), "\(outcome)")
    #expect(text.contains("'\(place.path("hooks/led"))' is not run"), "\(outcome)")
    let run = try FileManager.default.contentsOfDirectory(atPath: place.path("out"))
    #expect(Set(run) == ["good", "own"])
  }

  @Test("a directory that others may write to has no hooks") func directory() throws {
    let place = try Place()
    try place.hook("good", "#!/bin/sh\n")
    chmod(place.path("hooks"), 0o777)
    let outcome = try place.run(["--test-hooks"])
    #expect(outcome.status == 1 && outcome.output.contains("no hook is run"), "\(outcome)")
  }

  @Test("a hook that hangs, or talks without an end, is ended with all that it has started")
  func bounds() throws {
    let place = try Place()
    try place.write("courier.conf", "hook_time = 10s\n")
    try place.hook(
      "hangs", "#!/bin/sh\nsleep 1000 & echo $! >\(place.path("out/child")); trap '' TERM; wait\n")
    try place.hook("talks", "#!/bin/sh\nexec yes\n")
    try place.hook("fails", "#!/bin/sh\nprintf 'no\\033[2J way\\n' >&2; exit 3\n")
    let outcome = try place.run(["--test-hooks"])
    #expect(outcome.output.contains("hangs: took too long, and was ended"), "\(outcome)")
    #expect(outcome.output.contains("talks: said too much, and was ended"))
    #expect(outcome.output.contains("fails: exit status 3"))
    #expect(outcome.output.contains("no?[2J way"))
    let child = pid_t(place.known("out/child").first ?? "") ?? 0
    #expect(child > 0 && eventually { kill(child, 0) != 0 })
  }

  @Test("events of a time without a courier are told when it is there again, each once")
  func restart() throws {
    let place = try Place()
    try place.hook("log.deny", "#!/bin/sh\necho $1 >>\(place.path("out/log"))\n")
    try place.fail("192.0.2.1")
    try place.startCourier()
    // What was before it came first is history.
    try place.fail("192.0.2.2")
    #expect(eventually { place.known("out/log").contains("192.0.2.2") })
    #expect(eventually { place.read("state/events").contains("hooked 2") })
    place.stopCourier()
    try place.fail("192.0.2.3")
    try place.startCourier()
    #expect(eventually { place.known("out/log").contains("192.0.2.3") })
    // It is ended at once, and so is abld.
    #expect(eventually { place.read("state/events").contains("hooked 3") })
    place.killCourier()
    place.stopAbld()
    try place.fail("192.0.2.4")
    try place.startAbld()
    try place.startCourier()
    #expect(eventually { place.known("out/log").contains("192.0.2.4") })
    let log = place.known("out/log").filter { $0 != "192.0.2.1" }
    #expect(log == ["192.0.2.2", "192.0.2.3", "192.0.2.4"], "\(log)")
  }

  @Test("what was overtaken while there was no courier is counted, and the rest is told")
  func overtaken() throws {
    // The ring of events is the shorter, the smaller the store may be.
    let place = try Place(more: ["max_size = 4M"])
    try place.hook("log.deny", "#!/bin/sh\necho $1 $ABL_SEQUENCE >>\(place.path("out/log"))\n")
    try place.startCourier()
    try place.fail("10.0.0.1")
    #expect(eventually { place.known("out/log") == ["10.0.0.1 1"] }, "\(place.read("courier.log"))")
    #expect(eventually { place.read("state/events") == "taken 1\nhooked 1\n" })
    place.stopCourier()
    let count = 1500
    for index in 1...count { try place.fail("10.1.\(index / 250).\(index % 250)") }
    try place.startCourier()
    #expect(
      eventually { place.read("state/events") == "taken \(count + 1)\nhooked \(count + 1)\n" },
      "\(place.read("state/events")) \(place.read("courier.log"))")
    place.stopCourier()
    let digest = place.known("state/digest")
    func number(_ word: String) -> Int {
      digest.first { $0.hasPrefix(word + " ") }.flatMap { Int($0.dropFirst(word.count + 1)) } ?? -1
    }
    let missed = number("missed")
    #expect(missed > 0 && missed < count, "\(digest)")
    #expect(number("hosts") + missed == count + 1)
    #expect(
      place.read("courier.log").contains("\(missed) events were overtaken before they were read"))
    #expect(place.known("out/log").count == number("hosts") - number("dropped"))
  }

  @Test("root's hooks run as root, where that is asked for") func rootHooks() throws {
    let place = try Place()
    try place.hook("id", "#!/bin/sh\nid -u >>\(place.path("out/log"))\n")
    try place.startCourier(["--root-hooks"])
    try place.fail("192.0.2.7")
    #expect(eventually { place.known("out/log") == ["0"] }, "\(place.read("courier.log"))")
  }

  @Test("the examples do what they say: a webhook, a message by ntfy, a mail for a user")
  func examples() throws {
    let place = try Place(more: ["user_rule = *:1/1h"])
    let (bodies, mail) = (try TemporaryDirectory(), try MailServer())
    let web = try CourierServer(["events", bodies.url.path])
    place.kept = [web, mail]
    for (name, address, own) in [
      ("webhook", "https://hooks.example.org/abl", "http://127.0.0.1:\(web.port)/hook"),
      ("ntfy", "https://ntfy.example.org/TOPIC", "http://127.0.0.1:\(web.port)/topic"),
      ("mail", "smtp://127.0.0.1", "smtp://\(mail.address)"),
    ] {
      let script = try Repository.text(of: "conf/hooks/\(name).example")
      #expect(script.contains(address))
      try place.hook(name, script.replacingOccurrences(of: address, with: own))
    }
    try place.startCourier()
    // A name that looks like a file to curl, and like more lines to a mail.
    try place.fail("192.0.2.7", user: "@/etc/passwd\n.\nBcc: x@example.net")
    #expect(eventually { mail.mails.count == 1 }, "\(place.read("courier.log"))")
    let text = mail.mails.first ?? ""
    #expect(text.contains("Subject: abl has blocked a user\r\n"), "\(text)")
    #expect(text.contains("@/etc/passwd\\x0a.\\x0aBcc: x@example.net is blocked until"), "\(text)")
    // Two events, of the host and of the user, for each of the two.
    func sent() -> [String] {
      (1...4).compactMap { try? String(contentsOf: bodies.file("\($0)"), encoding: .utf8) }
    }
    #expect(eventually { sent().count == 4 }, "\(place.read("courier.log"))")
    let hooked = sent().filter { $0.hasPrefix("/hook\n") }
    #expect(hooked.count == 2)
    for body in hooked {
      let line = body.components(separatedBy: "\n\n").last ?? ""
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["event"] as? String == "began", "\(body)")
    }
    #expect(sent().contains { $0.hasPrefix("/topic\n") && $0.contains("host 192.0.2.7 until 20") })
    #expect(sent().contains { $0.hasPrefix("/topic\n") && $0.contains("user @/etc/passwd\\x0a") })
  }

  @Test("names of 255 hostile bytes reach a hook harmlessly") func hostileNames() throws {
    let place = try Place(more: ["user_rule = *:1/1h"])
    try place.hook(
      "log",
      """
      #!/bin/sh
      # As careless as a script may be with what it quotes.
      [ "$ABL_KIND" = user ] || exit 0
      echo "$ABL_NAME" >>\(place.path("out/names")); cat >>\(place.path("out/json"))
      """)
    try place.startCourier()
    let pieces = [
      "$(touch /tmp/x)", "`id`", "\n", "\r", "\u{1B}]0;x\u{7}", "\"", "'", "\\", "-rf", "\u{202E}",
      "é",
    ]
    let names = pieces.map { piece in
      let whole = String(repeating: piece, count: 256 / piece.utf8.count)
      return whole.utf8.count > 255 ? String(whole.dropLast()) : whole
    }
    for (index, name) in names.enumerated() { try place.fail("192.0.2.\(index + 1)", user: name) }
    #expect(
      eventually { place.known("out/json").count == names.count }, "\(place.read("courier.log"))")
    #expect(place.known("out/names").count == names.count)
    for line in place.known("out/names") + place.known("out/json") {
      #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }
    for line in place.known("out/json") {
      #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
    }
  }
}

extension Place {
  convenience init(more: [String]) throws { try self.init(rule: "*:1/1h", more) }
}
