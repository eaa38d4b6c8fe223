public import News

/// `abl-courier --mail SERVER FROM TO...`: hands on the mail that it reads.
public enum SMTPErrand {
  /// - Parameter mail: with CR LF behind each line.
  public static func run(_ words: [String], mail: [UInt8]) throws(NewsError) {
    guard words.count >= 3, let server = Server(words[0], port: 25),
      words.dropFirst().allSatisfy({ Mailbox.isUsable($0, local: true) })
    else { throw NewsError("usage: abl-courier --mail SERVER FROM TO...") }
    try SMTP.send(mail, from: words[1], to: Array(words.dropFirst(2)), server: server)
  }
}
