internal import News
public import Notices

/// A report: where it goes, and what it says, for people and for programs.
public struct Report: Sendable {
  public let mail: Mail

  /// - Parameters:
  ///   - sender: those that report, for answers.
  init(_ incident: Incident, to contact: Contact, from sender: String, _ settings: CourierSettings)
  {
    let xarf = XARF(incident, settings, contact: sender)
    var mail = Mail(
      from: sender, to: [contact.mailbox],
      subject: "Abuse report: password guessing from \(incident.source.text)",
      text: Self.text(incident, contact, sender, settings, hasXARF: xarf != nil))
    mail.attachment = xarf.map { ("xarf.json", "application/json", $0.text) }
    self.mail = mail
  }

  private static func text(
    _ incident: Incident, _ contact: Contact, _ sender: String, _ settings: CourierSettings,
    hasXARF: Bool
  ) -> String {
    var lines = [
      "Hello,", "",
      "a host in your network has guessed passwords at a machine of \(settings.reportOrganization).",
      "Please see to it that this ends.", "",
      "  Address:       \(incident.source.text)",
    ]
    if incident.port > 0 { lines.append("  Source port:   \(incident.port), of the last attempt") }
    lines += [
      "  Service:       \(incident.service.shown.prefix(60))",
      "  Failed logins: \(incident.failures)",
      "  First:         \(incident.first)",
      "  Last:          \(incident.last)", "",
      "Times are in UTC. The connections were TCP, and completed: the address is not forged.",
      hasXARF
        ? "The same stands in the attachment, for programs (XARF 4.2)."
        : "The source port is not known, so there is no report for programs (XARF) with this.", "",
      "You get this mail since \(contact.source.rawValue) names \(contact.mailbox) for this address. A network is",
      "reported once in 24 hours at most. Answers reach \(sender).",
    ]
    return lines.joined(separator: "\n")
  }
}
