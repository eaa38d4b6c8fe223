internal import NIOHTTP1

/// Keeps other sites' pages, in the browser of an administrator that reads this one, from asking
/// here.
///
/// A page that was loaded from elsewhere may ask any address; its browser says so. A name of its
/// own that was made to lead here (DNS rebinding) stands in Host.
enum Origin {
  private static let names = ["localhost", "127.0.0.1", "[::1]", "abl"]

  /// Nil if the request is of this site, or of no browser; else what is wrong.
  static func problem(of request: Request) -> Problem? {
    guard let host = request.header("host") else {
      return .malformed("exactly one Host is wanted: localhost, 127.0.0.1, [::1] or abl")
    }
    guard isOurs(host[...]) else {
      return Problem(.forbidden, "Foreign host", "Host is none of \(names.joined(separator: ", "))")
    }
    if let origin = request.header("origin"), !isOwn(origin) {
      return Problem(.forbidden, "Foreign origin", "a page of another site asks")
    }
    if request.header("sec-fetch-site") == "cross-site" {
      return Problem(.forbidden, "Foreign origin", "a page of another site asks")
    }
    return nil
  }

  /// Nil if a browser can't have been made to send this by a page of another site.
  static func problem(ofChange request: Request) -> Problem? {
    guard request.header("x-abl") == "1" else {
      return .malformed("what changes something needs the header X-Abl: 1")
    }
    guard request.isJSON else {
      return Problem(
        .unsupportedMediaType, "Not JSON", "what changes something needs application/json")
    }
    return nil
  }

  private static func isOwn(_ origin: String) -> Bool {
    for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
      return isOurs(origin.dropFirst(scheme.count))
    }
    return false
  }

  /// One of the names, with or without a port.
  private static func isOurs(_ host: Substring) -> Bool {
    let host = host.lowercased()
    return names.contains { name in
      guard host.hasPrefix(name) else { return false }
      let rest = host.dropFirst(name.count)
      return rest.isEmpty || rest.first == ":" && isPort(rest.dropFirst())
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 5
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
