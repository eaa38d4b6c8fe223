public import News

/// A form of the web, filled in.
public struct WebForm: Sendable {
  let url: String
  /// A line of the head, with what is secret.
  var header: (name: String, value: String)?
  let fields: [(name: String, value: String)]

  /// What curl reads of it, on its input: nothing of it stands on a command line, which all users see.
  var configuration: String {
    let head = header.map { [Self.line("header", "\($0.name): \($0.value)")] } ?? []
    let body = fields.map { Self.line("data-urlencode", "\($0.name)=\($0.value)") }
    return ([Self.line("url", url)] + head + body).joined()
  }

  private static func line(_ option: String, _ value: String) -> String {
    let escaped = value.shown.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
    return "\(option) = \"\(String(escaped))\"\n"
  }
}

extension Fetcher {
  /// Sends it by POST. A redirection is an answer like another one: what is secret goes to the server
  /// that it is for.
  public func send(_ form: WebForm) throws(NewsError) -> Curl.Answer {
    let target = try Target(form.url)
    return try curl(
      ["--config", "-", "--header", "Accept: application/json"], for: target,
      input: Array(form.configuration.utf8))
  }
}
