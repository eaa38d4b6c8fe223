internal import BlockList
internal import Policy

extension Decree.Kind {
  /// `allow` or `block`.
  var word: String {
    switch self {
    case .allow: "allow"
    case .block: "block"
    }
  }
}

extension Decree.Kind {
  /// `allowed` or `blocked`.
  var past: String { self == .allow ? "allowed" : "blocked" }
}

extension DecreeOrder {
  /// ` until 2026-11-21T04:12:33Z: 'the scanner of the university'`
  var tail: String {
    let end = until.end.map { " until " + CivilTime($0).rfc3339 } ?? " for ever"
    return end + (reason.bytes.isEmpty ? "" : ": " + reason.quoted)
  }
}

extension AllowList.Entry {
  /// `host`, `network` or `user`.
  var kindText: String {
    switch self {
    case .network: subject == nil ? "network" : "host"
    case .host: "host"
    case .user: "user"
    }
  }

  /// Whether it is of that kind; nil is any. No caller is decreed anything.
  func isOf(_ kind: Kind?) -> Bool {
    switch kind {
    case nil: true
    case .host: kindText == "host"
    case .network: kindText == "network"
    case .user: kindText == "user"
    case .caller: false
    }
  }

  /// `network 192.0.2.0/24`, as it may stand in a sentence.
  var shown: String { kindText + " " + String(text).cell }
}

extension Decree {
  /// One object: `list decrees --json` describes it.
  var object: JSONObject {
    var object = JSONObject()
    object.set("decree", kind.word)
    object.set("kind", target.kindText)
    object.set("name", String(target.text))
    object.set("made", made)
    object.set("until", until.end)
    object.set("by", by.shown)
    object.set("reason", reason.bytes.isEmpty ? nil : reason.shown)
    object.set("hits", hits)
    object.set("lastHit", lastHit)
    return object
  }

  /// `by root (sudo: anna): 'the scanner of the university'`
  var origin: String {
    let why = reason.bytes.isEmpty ? "" : ": " + reason.quoted
    return "by \(by.shown)" + why
  }

  /// `block of network 192.0.2.0/24 for ever, by root: 'noise'; 3 hits, the last 2026-11-21 04:12:33`
  func sentence(_ local: inout LocalTime, at now: Timestamp) -> String {
    let last = lastHit.map { ", the last \(local($0).text)" } ?? ""
    let count = hits == 0 ? "no hit" : counted(hits, "hit") + last
    return "\(kind.word) of \(target.shown) \(until.sentence(&local, at: now)), \(origin); \(count)"
  }
}
