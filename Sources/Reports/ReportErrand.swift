public import News
internal import Notices

/// `abl-courier --report`: reports one incident, or shows what would be sent.
public struct ReportErrand {
  private let settings: CourierSettings
  private let state: StateDirectory
  private let program: String
  private let fetcher: any Fetching

  /// - Parameter program: that hands a mail on: this one.
  public init(
    _ settings: CourierSettings, state: String, program: String, fetcher: any Fetching = Fetcher()
  ) {
    (self.settings, self.state) = (settings, StateDirectory(state))
    (self.program, self.fetcher) = (program, fetcher)
  }

  /// The words for an incident, as `run` takes them.
  public static func words(for incident: Incident) -> [String] {
    [
      incident.source.text, String(incident.port), incident.service, incident.first,
      incident.last, String(incident.failures),
    ]
  }

  /// Reads what `words(for:)` makes; nil if it is something else.
  public static func incident(_ words: [String]) -> Incident? {
    guard words.count == 6, let source = AddressRange(words[0]), let port = UInt16(words[1]),
      let failures = Int(words[5]), failures > 0, isTime(words[3]), isTime(words[4]),
      1...255 ~= words[2].utf8.count
    else { return nil }
    return Incident(
      source, port: port, service: words[2], first: words[3], last: words[4], failures: failures)
  }

  private static func isTime(_ text: String) -> Bool {
    text.utf8.count == 20 && text.hasSuffix("Z")
      && text.utf8.allSatisfy { (0x30...0x3A).contains($0) || "-TZ".utf8.contains($0) }
  }

  /// Reports it: to those that run the network, and to each collector that is asked for.
  ///
  /// - Parameters:
  ///   - isDry: whether nothing is to be sent.
  ///   - say: is told what has become of it, line by line.
  public func run(
    _ incident: Incident, isDry: Bool, say: (String) -> Void
  ) throws(NewsError) {
    if let objection = incident.objection(own: Identity.addresses) { throw NewsError(objection) }
    guard isDry || settings.hasReaders else {
      let file = CourierSettings.usualPath
      throw NewsError("a report needs its sender's address: set report_contact in \(file)")
    }
    try state.alone("reports.lock") { () throws(NewsError) in
      var ledger = try Ledger(state, at: Clock.now)
      var outcomes = Outcomes()
      if isDry || settings.reportContact != nil {
        outcomes.add { () throws(NewsError) in try mail(incident, &ledger, isDry, say) }
      }
      for collector in settings.usedCollectors {
        outcomes.add(collector.rawValue) { () throws(NewsError) in
          try submit(incident, to: collector, &ledger, isDry, say)
        }
      }
      try outcomes.settle(say)
    }
  }

  /// - Returns: why nothing was sent; nil if it was.
  private func mail(
    _ incident: Incident, _ ledger: inout Ledger, _ isDry: Bool, _ say: (String) -> Void
  ) throws(NewsError) -> String? {
    if let objection = ledger.objection(
      to: incident.network, by: nil, most: settings.reportsPerDay)
    {
      guard isDry else { return objection }
      say("nothing would be sent: \(objection)")
    }
    let contact = try contact(for: incident, &ledger, say)
    let sender = settings.reportContact ?? settings.mailFrom
    let report = Report(incident, to: contact, from: sender, settings)
    let bytes = report.mail.bytes(at: Clock.now, id: Mail.freshID())
    guard !isDry else {
      say(String(decoding: bytes.filter { $0 != 13 }, as: UTF8.self))
      return nil
    }
    // First it is written down, then it is sent: no crash makes it two.
    try ledger.add(contact, for: incident.network)
    do throws(NewsError) { try send(bytes, from: sender, to: contact.mailbox) } catch {
      try ledger.takeBack()
      throw error
    }
    say("reported \(incident.source.text) to \(contact.mailbox) (by \(contact.source.rawValue))")
    return nil
  }

  /// - Returns: why nothing was sent; nil if it was.
  private func submit(
    _ incident: Incident, to collector: Collector, _ ledger: inout Ledger, _ isDry: Bool,
    _ say: (String) -> Void
  ) throws(NewsError) -> String? {
    let submission = try Submission(incident, to: collector, settings)
    if let objection = ledger.objection(
      to: incident.network, by: collector, most: settings.reportsPerDay)
    {
      guard isDry else { return objection }
      say("nothing would be sent: \(objection)")
    }
    let form = try submission.form()
    guard !isDry else {
      say(submission.text)
      return nil
    }
    try ledger.add(collector, for: incident.network)
    do throws(NewsError) {
      if let objection = submission.objection(to: try fetcher.send(form)) {
        throw NewsError(objection)
      }
    } catch {
      try ledger.takeBack()
      throw error
    }
    say("reported \(incident.source.text) to \(collector.rawValue)")
    return nil
  }

  private func contact(
    for incident: Incident, _ ledger: inout Ledger, _ say: (String) -> Void
  ) throws(NewsError) -> Contact {
    if let known = ledger.contact(for: incident.network) { return known }
    var search = ContactSearch(settings, fetcher)
    guard let contact = search.contact(of: incident.source.address) else {
      let remarks = search.remarks.joined(separator: "; ")
      throw NewsError("no contact for \(incident.source.text) (\(remarks))")
    }
    for remark in search.remarks { say(remark) }
    try ledger.remember(contact, for: incident.network)
    return contact
  }

  private func send(_ mail: [UInt8], from: String, to: String) throws(NewsError) {
    let process = try Postman.process(for: mail, from: from, to: [to], settings, program)
    let ending = process.wait()
    guard ending == .exited(0) else {
      let said = process.output.prefix { $0 != 10 }.prefix(300)
      let line = String(decoding: said, as: UTF8.self).shown
      throw NewsError("the report could not be sent: \(line.isEmpty ? ending.text : line)")
    }
  }
}

/// What has become of a report at each of its readers: one that fails holds up no other.
private struct Outcomes {
  private var failures: [String] = []
  private var held: [String] = []
  private var sent = 0

  /// - Parameter body: returns why nothing was sent, if that is as it should be.
  mutating func add(_ name: String? = nil, _ body: () throws(NewsError) -> String?) {
    do throws(NewsError) {
      if let objection = try body() { held.append(objection) } else { sent += 1 }
    } catch {
      failures.append(name.map { "\($0): \(error.message)" } ?? error.message)
    }
  }

  /// - Throws: what has failed, or why nothing at all was sent.
  func settle(_ say: (String) -> Void) throws(NewsError) {
    let isHeld = failures.isEmpty && sent == 0
    if !isHeld { for objection in held { say(objection) } }
    let all = isHeld ? held : failures
    if !all.isEmpty { throw NewsError(all.joined(separator: "; ")) }
  }
}
