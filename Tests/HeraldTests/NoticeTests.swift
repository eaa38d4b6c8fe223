import Foundation
import Harness
import News
import Testing

@testable import Notices

/// Digests and alarms, as a server of mail gets them.
@Suite(.enabled(if: Place.isAvailable, "needs root: the courier runs as another user"), .serialized)
struct NoticeTests {
  /// One that has been gathered since yesterday is due at once.
  private func makeDue(_ place: Place, _ more: [String] = []) throws {
    let yesterday = Int(Date().timeIntervalSince1970) - 90_000
    let lines = ["version 1", "sequence 0", "begun \(yesterday)"] + more
    try place.write("state/digest", lines.joined(separator: "\n") + "\n", 0o666)
  }

  @Test("a digest tells what was blocked, and then begins anew") func digest() throws {
    let (place, server) = (try Place(), try MailServer())
    try place.write(
      "courier.conf",
      "mail_to = root; admin@example.org\nmail_from = abl@example.org\nmail_server = \(server.address)\n"
    )
    try makeDue(
      place, ["hosts 2", "ended 1", "missed 7", "block host 192.0.2.9 by *:1/1h", "service 2 sshd"])
    try place.startCourierForMail()
    #expect(eventually { server.mails.count == 1 }, "\(place.read("courier.log"))")
    let mail = server.mails.first ?? ""
    for line in [
      "X-Envelope: MAIL FROM:<abl@example.org>", "X-Envelope: RCPT TO:<root>",
      "X-Envelope: RCPT TO:<admin@example.org>", "Auto-Submitted: auto-generated",
      "       2  hosts and networks were blocked", "       1  blocks ended",
      "  host 192.0.2.9 by *:1/1h",
      "       7  events are not in this digest: they were overtaken before they were read",
      "  sshd: 2",
    ] { #expect(mail.contains(line + "\r\n"), "\(line)\n\(mail)") }
    #expect(eventually { place.read("state/digest.outgoing").isEmpty })
    try place.fail("192.0.2.7")
    #expect(eventually { place.read("state/digest").contains("block host 192.0.2.7") })
    #expect(server.mails.count == 1)
  }

  @Test(
    "a digest is due at 6 o'clock, at the full hour, or never",
    arguments: [
      ("hourly", 3700, true), ("hourly", 0, false), ("daily", 0, false), ("daily", 90_000, true),
      ("off", 90_000, false),
    ])
  func rhythm(_ row: (digest: String, age: Int, isDue: Bool)) throws {
    let (place, server) = (try Place(), try MailServer())
    try place.write(
      "courier.conf", "mail_to = root\nmail_server = \(server.address)\ndigest = \(row.digest)\n")
    // Neither an hour nor a day is over while this runs, unless it has begun just before that.
    let now = Int(Date().timeIntervalSince1970)
    let begun = row.age == 0 ? now + 60 : now - row.age
    let lines = ["version 1", "sequence 0", "begun \(begun)", "hosts 2"]
    try place.write("state/digest", lines.joined(separator: "\n") + "\n", 0o666)
    try place.startCourier()
    if row.isDue {
      #expect(eventually { server.mails.count == 1 }, "\(place.read("courier.log"))")
    }
    try place.fail("192.0.2.7")
    #expect(eventually { place.read("state/digest").contains("block host 192.0.2.7") })
    #expect(server.mails.count == (row.isDue ? 1 : 0))
    #expect(place.known("state/digest").contains("hosts 3") == !row.isDue)
  }

  @Test("no more mails than mails_per_day go in a day, over restarts too; alarms become a number")
  func cap() throws {
    let (place, server) = (try Place(more: ["user_rule = *:1/1h"]), try MailServer())
    let settings =
      "mail_to = root\nmail_server = \(server.address)\nmails_per_day = 1\nadministrators = alice; bob\n"
    try place.write("courier.conf", settings)
    try place.startCourier()
    try place.fail("192.0.2.7", user: "alice")
    #expect(eventually { server.mails.count == 1 }, "\(place.read("courier.log"))")
    #expect(eventually { place.read("state/mails").hasSuffix(" 1\n") })
    place.stopCourier()
    // A pause between alarms is forgotten by then; the day's number isn't.
    try place.startCourier()
    try place.fail("192.0.2.8", user: "bob")
    #expect(
      eventually { place.read("courier.log").contains("alarm: administrator bob is blocked") })
    place.stopCourier()
    #expect(server.mails.count == 1)
    #expect(place.known("state/digest").contains("silent 1"), "\(place.read("state/digest"))")
    // Of another day it is another number.
    try place.write("state/mails", "2001-01-01 1\n", 0o666)
    try place.startCourier()
    try place.forgiveUser("alice")
    try place.fail("192.0.2.10", user: "alice")
    #expect(eventually { server.mails.count == 2 }, "\(place.read("courier.log"))")
  }

  private static let aiosmtpd = "/usr/lib/python3/dist-packages/aiosmtpd"

  @Test(
    "a server of Debian's takes the mail as it is",
    .enabled(if: access(aiosmtpd, F_OK) == 0, "needs python3-aiosmtpd"))
  func debian() throws {
    let place = try Place()
    let port = Loopback.freePort
    let log = place.path("out/smtp")
    let server = try Child([
      "/bin/sh", "-c",
      "exec /usr/bin/python3 -u -m aiosmtpd -n -l 127.0.0.1:\(port) >'\(log)' 2>&1",
    ])
    try place.write("courier.conf", "mail_to = root\nmail_server = 127.0.0.1:\(port)\n")
    let listens = eventually {
      (try? Command("/bin/bash", ["-c", "</dev/tcp/127.0.0.1/\(port)"]).run().status) == 0
    }
    #expect(listens)
    try makeDue(place, ["hosts 2", "block host 192.0.2.9 by *:1/1h"])
    try place.startCourierForMail()
    #expect(
      eventually { place.read("out/smtp").contains("host 192.0.2.9 by *:1/1h") },
      "\(place.read("courier.log")) \(place.read("out/smtp"))")
    withExtendedLifetime(server) {}
  }

  @Test("an administrator's block is told at once, others aren't") func alarm() throws {
    let (place, server) = (try Place(more: ["user_rule = *:1/1h"]), try MailServer())
    try place.write(
      "courier.conf",
      "mail_to = root\nmail_server = \(server.address)\nadministrators = root; alice\n")
    try place.startCourier()
    try place.fail("192.0.2.7", user: "bob")
    try place.fail("192.0.2.7", user: "alice")
    #expect(eventually { server.mails.count == 1 }, "\(place.read("courier.log"))")
    let mail = server.mails.first ?? ""
    #expect(mail.contains("Subject: abl on "))
    #expect(
      mail.contains(": administrator alice is blocked\r\n") && !mail.contains("bob"), "\(mail)")
  }

  @Test("without systemd a program takes the mail: its words, and no carriage returns")
  func sendmail() throws {
    let place = try Place(more: ["user_rule = *:1/1h"])
    try place.write(
      "sendmail",
      "#!/bin/sh\n{ echo \"$*\"; cat; } >\(place.path("out/mail")).new; mv \(place.path("out/mail")).new \(place.path("out/mail"))\n",
      0o755)
    try place.write(
      "courier.conf", "mail_to = root\nmail_from = abl\nsendmail = \(place.path("sendmail"))\n")
    try place.startCourier()
    try place.fail("192.0.2.7")
    #expect(eventually { !place.read("out/mail").isEmpty }, "\(place.read("courier.log"))")
    #expect(
      place.known("out/mail").first == "-i -f abl root" && !place.read("out/mail").contains("\r"))
  }

  @Test("a digest that can't be sent is kept, over restarts too, and told once")
  func failure() throws {
    let place = try Place()
    let refusing = try MailServer("refuse")
    try place.write("courier.conf", "mail_to = root\nmail_server = \(refusing.address)\n")
    try makeDue(place, ["hosts 2"])
    try place.startCourierForMail()
    #expect(
      eventually {
        place.read("courier.log").contains("it refused RCPT: '550 5.1.1 no such mailbox ?[2J'")
      })
    place.stopCourier()
    let server = try MailServer()
    try place.write("courier.conf", "mail_to = root\nmail_server = \(server.address)\n")
    try place.startCourierForMail()
    #expect(eventually { server.mails.count == 1 }, "\(place.read("courier.log"))")
    #expect(server.mails.first?.contains("2  hosts and networks were blocked") == true)
    #expect(refusing.mails.isEmpty)
  }

  @Test(
    "a server that talks without an end, or garbage, holds nothing up",
    arguments: ["chatter", "garbage", "slow"])
  func hostileServer(_ mode: String) throws {
    let (place, server) = (try Place(), try MailServer(mode))
    try place.write("courier.conf", "mail_to = root\nmail_server = \(server.address)\n")
    try makeDue(place, ["hosts 2"])
    try place.hook("log.deny", "#!/bin/sh\necho $1 >>\(place.path("out/log"))\n")
    try place.startCourierForMail()
    try place.fail("192.0.2.7")
    #expect(eventually { place.known("out/log") == ["192.0.2.7"] }, "\(place.read("courier.log"))")
    if mode != "slow" {
      #expect(eventually { place.read("courier.log").contains("a mail could not be sent") })
    }
    #expect(eventually { place.read("state/digest.outgoing").contains("hosts 2") })
  }

  @Test("what abld tells of store and firewall becomes an alarm only when it is new") func watch() {
    var watch = StatusWatch()
    func take(_ rebuilds: Int, _ moved: Int, _ verdict: String, _ clock: Int64) -> [String] {
      let text =
        "{\"verdict\":\"\(verdict)\",\"findings\":[{\"text\":\"no line\"}],\"rebuilds\":\(rebuilds),\"movedAside\":\(moved)}"
      return watch.take(JSON(Array(text.utf8)) ?? .null, at: clock).map { $0.subject }
    }
    #expect(take(40, 2, "notInForce", 0) == [])
    #expect(take(43, 2, "inForce", 60_000) == [])
    #expect(
      take(45, 3, "notInForce", 120_000) == [
        "abl is not in force", "the store was damaged", "the firewall is undone again and again",
      ])
    #expect(take(45, 3, "notInForce", 180_000) == [])
    #expect(take(46, 3, "inForce", 7_200_000) == [])
  }

  @Test("a mail is lines of ASCII, whatever is in it; a dot alone doesn't end it") func mail() {
    let hostile = String(repeating: "é\u{202E}\r\nBcc: x@example.net\u{0}", count: 50)
    var mail = Mail(
      from: "a@example.org", to: ["b@example.org"], subject: hostile, text: ".\n..\n" + hostile)
    mail.text += String(repeating: "x", count: 5000)
    let bytes = mail.bytes(at: 0, id: "1")
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"))
    let head = text.components(separatedBy: "\r\n\r\n")[0]
    #expect(!head.lowercased().contains("\r\nbcc:"))
    #expect(bytes.allSatisfy { $0 == 13 || $0 == 10 || 0x20...0x7E ~= $0 })
    #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 998 })
    let stuffed = String(decoding: SMTP.stuffed(bytes), as: UTF8.self)
    #expect(stuffed.contains("\r\n..\r\n...\r\n") && !stuffed.contains("\r\n.\r\n"))
  }
}

extension Place {
  /// Without an event there is nothing to wait for.
  func startCourierForMail() throws { try startCourier() }
}
