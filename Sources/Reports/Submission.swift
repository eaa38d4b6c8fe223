internal import News

/// What a collector is told of an incident, and what its answer means. No name of a user is in it.
struct Submission {
  private let incident: Incident
  let collector: Collector
  private let access: Collector.Access
  /// For answers; blocklist.de knows a server by it.
  private let contact: String

  /// The longest comment that AbuseIPDB takes, in bytes.
  private static let longestComment = 1024

  init(_ incident: Incident, to collector: Collector, _ settings: CourierSettings) throws(NewsError)
  {
    guard let access = settings.collectors[collector], access.keyFile != nil else {
      throw NewsError("it is turned off")
    }
    guard incident.source.isAlone else {
      throw NewsError(
        "it takes single addresses, and what counted here is \(incident.source.text)")
    }
    guard collector != .blocklistDE || settings.reportContact != nil else {
      throw NewsError("a report needs the address that this server has there: set report_contact")
    }
    (self.incident, self.collector, self.access) = (incident, collector, access)
    contact = settings.reportContact ?? ""
  }

  /// The form, with the key in it.
  func form() throws(NewsError) -> WebForm {
    form(key: try KeyFile.key(in: access.keyFile ?? ""))
  }

  /// The form as it may be shown: without the key.
  var text: String {
    let form = form(key: "(of \(access.keyFile ?? ""))")
    let head = form.header.map { ["\($0.name): \($0.value)"] } ?? []
    let lines = ["POST \(form.url)"] + head + form.fields.map { "\($0.name)=\($0.value)" }
    return lines.map { $0.shown }.joined(separator: "\n")
  }

  private func form(key: String) -> WebForm {
    switch collector {
    case .abuseIPDB:
      WebForm(
        url: access.url, header: ("Key", key),
        fields: [
          ("ip", incident.source.text), ("categories", categories),
          ("comment", String(incident.summary.prefix(Self.longestComment))),
          ("timestamp", incident.last),
        ])
    case .blocklistDE:
      WebForm(
        url: access.url, header: nil,
        fields: [
          ("server", contact), ("apikey", key), ("service", service),
          ("ip", incident.source.text), ("logs", incident.summary), ("format", "json"),
        ])
    }
  }

  /// AbuseIPDB's numbers: 18 is guessing, 22 that of SSH, 5 that of FTP.
  private var categories: String {
    if incident.service == "sshd" { return "18,22" }
    return incident.service.contains("ftp") ? "5,18" : "18"
  }

  private var service: String {
    incident.service == "sshd" ? "ssh" : String(incident.service.shown.prefix(60))
  }

  // MARK: The answer

  /// Why it has not taken the report; nil if it says that it has.
  func objection(to answer: Curl.Answer) -> String? {
    let object = JSON(answer.body) ?? .null
    guard answer.status == 200, hasTaken(object) else {
      let said = Self.complaint(in: object).map { ": '\($0.shown.prefix(200))'" } ?? ""
      return "it has not taken the report (HTTP status \(answer.status))\(said)"
    }
    return nil
  }

  private func hasTaken(_ object: JSON) -> Bool {
    switch collector {
    case .abuseIPDB: object["data"]?["ipAddress"]?.text != nil
    case .blocklistDE:
      // By its documentation either of the two tells; an error that is told outweighs.
      object["status"]?.text == "success"
        || object["status"]?.text != "error" && object["error"]?.integer == 0
    }
  }

  /// `{"errors": [{"detail": "…"}]}`, or `{"status": "error", "error": {"apikey": "…"}}`
  private static func complaint(in object: JSON) -> String? {
    if let text = object["errors"]?.elements.first?["detail"]?.text { return text }
    switch object["error"] {
    case .string(let text): return text
    case .array(let all): return all.first?.text
    case .object(let members): return members.sorted { $0.key < $1.key }.first?.value.text
    default: return nil
    }
  }
}
