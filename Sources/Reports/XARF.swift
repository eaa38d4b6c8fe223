internal import News

/// A report as programs read it: XARF 4.2, category connection, type login_attack.
struct XARF {
  private let incident: Incident
  private let settings: CourierSettings
  private let contact: String
  private let id: String

  /// Nil if the port isn't known: XARF wants it, for behind a NAT it tells one host from the others.
  ///
  /// - Parameters:
  ///   - contact: of those that report.
  init?(_ incident: Incident, _ settings: CourierSettings, contact: String) {
    guard incident.port > 0 else { return nil }
    (self.incident, self.settings, self.contact) = (incident, settings, contact)
    id = Self.freshUUID()
  }

  /// Version 4: 122 bits that can't be foreseen.
  private static func freshUUID() -> String {
    var bytes = (0..<16).map { _ in UInt8.random(in: 0 ... .max) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
  }

  /// The object, on lines of its members.
  var text: String {
    let domain = contact.split(separator: "@").last.map(String.init) ?? ""
    let party =
      "{\"org\": \(Self.quoted(settings.reportOrganization)), \"contact\": \(Self.quoted(contact)), "
      + "\"domain\": \(Self.quoted(domain))}"
    let evidence = Self.base64(Array((incident.summary + "\n").utf8))
    let members: [(String, String)] = [
      ("xarf_version", "\"4.2.0\""), ("report_id", Self.quoted(id)),
      ("timestamp", Self.quoted(incident.last)), ("reporter", party), ("sender", party),
      ("source_identifier", Self.quoted(incident.source.text)),
      ("source_port", String(incident.port)), ("category", "\"connection\""),
      ("type", "\"login_attack\""), ("protocol", "\"tcp\""),
      ("first_seen", Self.quoted(incident.first)), ("last_seen", Self.quoted(incident.last)),
      ("description", Self.quoted(incident.summary)),
      ("evidence", "[{\"content_type\": \"text/plain\", \"payload\": \(Self.quoted(evidence))}]"),
    ]
    return "{\n" + members.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}"
  }

  /// Of ASCII; other bytes stand as '?'.
  private static func quoted(_ text: String) -> String {
    let escaped = text.shown.utf8.flatMap { byte -> [UInt8] in
      byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
        ? [UInt8(ascii: "\\"), byte] : [byte]
    }
    return "\"" + String(decoding: escaped, as: UTF8.self) + "\""
  }

  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

  static func base64(_ bytes: [UInt8]) -> String {
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let bits = (group + [0, 0]).prefix(3).reduce(0) { $0 << 8 | Int($1) }
      for index in 0..<4 {
        text.append(index <= group.count ? digits[bits >> (18 - 6 * index) & 63] : "=")
      }
    }
    return text
  }
}

extension Incident {
  /// "10 failed logins at sshd from 192.0.2.7 (port 50000) between … and …"
  var summary: String {
    let from = port > 0 ? "\(source.text) (last port \(port))" : source.text
    return "\(failures) failed logins at \(service.shown.prefix(60)) from \(from) "
      + "between \(first) and \(last)"
  }
}
