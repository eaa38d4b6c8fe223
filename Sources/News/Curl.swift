/// The program curl, without a shell: TLS, HTTP and what the other side says are read in a process of
/// their own, which ends with the answer.
///
/// It follows no redirection, asks no proxy, reads no configuration of a user's, and has a time and a
/// length that it ends by.
public struct Curl: Sendable {
  public var program = "/usr/bin/curl"
  public var seconds: Int
  /// Of an answer, in bytes.
  public let longest: Int

  /// What a server answers.
  public struct Answer: Sendable {
    public let status: Int
    /// Where it would lead.
    public let redirection: String?
    public let body: [UInt8]
  }

  public init(seconds: Int, longest: Int) { (self.seconds, self.longest) = (seconds, longest) }

  /// Asks once.
  ///
  /// - Parameters:
  ///   - words: more of the command line, which all users see.
  ///   - isPlain: HTTP in the clear is spoken then, else HTTPS, and never the other one.
  ///   - input: what it reads: there stands what is secret.
  public func ask(
    _ words: [String], isPlain: Bool, input: [UInt8] = []
  ) throws(NewsError) -> Answer {
    let always = [
      program, "--disable", "--silent", "--globoff", "--noproxy", "*",
      "--proto", isPlain ? "=http" : "=https", "--max-redirs", "0", "--max-time", String(seconds),
      "--max-filesize", String(longest), "--user-agent", "abl-courier/1", "--write-out",
      "\\n%{http_code} %{redirect_url}",
    ]
    let process = try BoundedProcess(
      always + words, environment: [("PATH", "/usr/bin:/bin"), ("HOME", "/")], input: input,
      seconds: seconds + 2, keeping: longest + 4096, printing: longest + 4096)
    let ending = process.wait()
    guard ending == .exited(0) else { throw NewsError(reason(of: ending)) }
    return try answer(process.output)
  }

  private func answer(_ output: [UInt8]) throws(NewsError) -> Answer {
    guard let end = output.lastIndex(of: 10) else { throw NewsError("no answer") }
    let words = String(decoding: output[(end + 1)...], as: UTF8.self).split(separator: " ")
    guard let status = words.first.flatMap({ Int($0) }), end <= longest else {
      throw NewsError("an answer of more than \(longest) bytes")
    }
    let redirection = words.count == 2 ? String(words[1]) : nil
    return Answer(status: status, redirection: redirection, body: Array(output[..<end]))
  }

  /// Why there is no answer, by the exit status.
  private func reason(of ending: BoundedProcess.Ending) -> String {
    switch ending {
    case .exited(6): "cannot find the server"
    case .exited(7): "cannot connect"
    case .exited(28), .tooLate: "no answer in time"
    case .exited(35), .exited(60): "its certificate can't be trusted"
    case .exited(63), .talkative: "an answer of more than \(longest) bytes"
    // Debian's package ca-certificates need not be there.
    case .exited(77): "its authority's file can't be read; is ca-certificates installed?"
    case .exited(127): "the program curl is missing"
    default: "curl: \(ending.text)"
    }
  }
}
