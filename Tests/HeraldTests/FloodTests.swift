import Foundation
import Harness
import Testing

/// What ten thousand blocks make of hooks and mails.
@Suite(.enabled(if: Place.isAvailable, "needs root: the courier runs as another user"), .serialized)
struct FloodTests {
  private static let hosts = 10_000
  private static let administrators = 100

  @Test("10 000 blocks are few processes and fewer mails, and no event is lost without a count")
  func flood() throws {
    let (place, mail) = (try Place(more: ["user_rule = *:1/1h"]), try MailServer())
    let names = (0..<Self.administrators).map { "admin\($0)" }
    try place.write(
      "courier.conf",
      """
      mail_to = root
      mail_server = \(mail.address)
      digest = off
      administrators = \(names.joined(separator: "; "))

      """)
    try place.hook(
      "log", "#!/bin/sh\necho \"$ABL_KIND $ABL_MISSED\" >>\(place.path("out/log"))\n")
    try place.startCourier()
    let most = Most()
    let begun = Date()
    for index in 0..<Self.hosts {
      // Of 255 bytes, and none that a shell, a mail or a terminal would leave alone.
      let user =
        index % 100 == 0
        ? names[index / 100]
        : "\(index)$(id)`\u{1B}[2J\"'\n.\r\n" + String(repeating: "ÿ;", count: 75)
      try place.fail("10.\(index / 65_536).\(index / 256 % 256).\(index % 256)", user: user)
      if index % 50 == 0 { most.look(at: place.courier) }
    }
    let seconds = Date().timeIntervalSince(begun)
    let events = 2 * Self.hosts
    #expect(
      eventually {
        most.look(at: place.courier)
        return place.numbers("state/events")["taken"] == events
      }, "\(place.read("state/events")) \(place.read("courier.log"))")
    // What waits for hooks is run.
    #expect(
      eventually {
        most.look(at: place.courier)
        return place.numbers("state/events")["hooked"] == events
      })
    place.stopCourier()
    let digest = place.numbers("state/digest")
    let (taken, missed) = ((digest["hosts"] ?? 0) + (digest["users"] ?? 0), digest["missed"] ?? 0)
    #expect(taken + missed == events, "\(digest)")
    let run = place.known("out/log").count
    #expect(run + (digest["dropped"] ?? 0) + (digest["failed"] ?? 0) == taken, "\(run) \(digest)")
    let told = place.known("out/log").compactMap { Int($0.split(separator: " ")[1]) }.reduce(0, +)
    #expect(told <= digest["dropped"] ?? 0)
    #expect(mail.mails.count == 1, "\(mail.mails.count)")
    #expect(digest["silent"] ?? 0 <= Self.administrators)
    // Four hooks, and a mail.
    #expect(most.children <= 5 && most.children > 0)
    let summary =
      "flood: \(Self.hosts) blocks of hosts and as many of users in \(Int(seconds)) s; \(taken) events taken, "
      + "\(missed) missed; \(run) hooks run, \(digest["dropped"] ?? 0) events dropped; "
      + "\(most.children) processes at most, \(most.memory / 1024) MB; \(mail.mails.count) mail"
    print(summary)
    #expect(most.memory < 100 * 1024)
    let bytes = Array(place.read("state/digest").utf8) + Array(place.read("courier.log").utf8)
    #expect(bytes.allSatisfy { $0 == 10 || 0x20...0x7E ~= $0 })
    #expect(
      mail.mails.allSatisfy { $0.utf8.allSatisfy { $0 == 13 || $0 == 10 || 0x20...0x7E ~= $0 } })
  }
}

/// How many programs the courier had at one time, and how much memory, in KiB.
private final class Most {
  private(set) var children = 0
  private(set) var memory = 0

  func look(at courier: Child?) {
    guard let id = courier?.id else { return }
    let list =
      (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
    children = max(children, list.split(separator: " ").count)
    let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    memory = max(memory, line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
  }
}

extension Place {
  /// A file of words with numbers behind them.
  fileprivate func numbers(_ name: String) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for line in known(name) {
      let words = line.split(separator: " ")
      if words.count == 2, let number = Int(words[1]) { numbers[String(words[0])] = number }
    }
    return numbers
  }
}
