internal import News

/// A mail: what stands in it is ASCII, on lines that each server takes.
public struct Mail: Sendable {
  public var from: String
  public var to: [String]
  public var subject: String
  public var text: String
  /// A file of JSON that goes with it.
  public var attachment: (name: String, type: String, text: String)?

  public init(from: String, to: [String], subject: String, text: String) {
    (self.from, self.to, self.subject, self.text) = (from, to, subject, text)
  }

  /// The longest line, in bytes; RFC 5322 has 998.
  static let longest = 900

  /// As it is sent, with CR LF behind each line.
  ///
  /// - Parameter id: what no other mail has.
  public func bytes(at seconds: Int64, id: String) -> [UInt8] {
    var lines = [
      "From: \(from.shown)", "To: \(to.map { $0.shown }.joined(separator: ", "))",
      "Subject: \(subject.shown.prefix(200))", "Date: \(Clock.mail(seconds))",
      "Message-ID: <\(id).abl@\(Identity.hostName)>", "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
    ]
    if let attachment {
      let boundary = "abl-\(id)"
      lines += ["Content-Type: multipart/mixed; boundary=\"\(boundary)\"", "", "--\(boundary)"]
      lines += Self.part("text/plain; charset=us-ascii", text) + ["--\(boundary)"]
      let disposition = "Content-Disposition: attachment; filename=\"\(attachment.name)\""
      lines += [disposition] + Self.part(attachment.type, attachment.text) + ["--\(boundary)--"]
    } else {
      lines += Self.part("text/plain; charset=us-ascii", text)
    }
    return lines.flatMap { Array($0.utf8) + [13, 10] }
  }

  private static func part(_ type: String, _ text: String) -> [String] {
    let head = ["Content-Type: \(type)", "Content-Transfer-Encoding: 7bit", ""]
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
    return head + lines.flatMap { pieces($0) }
  }

  private static func pieces(_ line: Substring.UTF8View) -> [String] {
    let bytes = line.map { 0x20...0x7E ~= $0 ? $0 : 0x3F }
    guard !bytes.isEmpty else { return [""] }
    return stride(from: 0, to: bytes.count, by: longest).map { start in
      String(decoding: bytes[start...].prefix(longest), as: UTF8.self)
    }
  }
}

extension Mail {
  /// A text that no other one is.
  public static func freshID() -> String {
    var generator = SystemRandomNumberGenerator()
    return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
  }
}
