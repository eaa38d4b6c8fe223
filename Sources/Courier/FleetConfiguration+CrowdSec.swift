internal import Sharing

extension FleetConfiguration.CrowdSec {
  /// Takes a value over; nil if it is right, else what is wrong.
  mutating func take(_ value: String, for key: String) -> String? {
    switch key {
    case "crowdsec_url":
      guard Self.isUsable(value) else {
        return "crowdsec_url: expected https://HOST:PORT, or http:// of this machine"
      }
      url = value
    case "crowdsec_name":
      guard !value.contains(":"), Origin("crowdsec:" + value) != nil else {
        return "crowdsec_name: expected at most 55 letters, digits, '.', '-' and '_'"
      }
      name = value
    case "crowdsec_key_file", "crowdsec_ca":
      guard value.hasPrefix("/") else { return "\(key) is no absolute path" }
      if key == "crowdsec_ca" { authority = value } else { keyFile = value }
    case "crowdsec_interval":
      guard let seconds = FleetConfiguration.seconds(value), 5...3600 ~= seconds else {
        return "crowdsec_interval: expected a time from 5s to 1h"
      }
      interval = Int(seconds)
    default: return "unknown key '\(FleetConfiguration.shown(key))'"
    }
    return nil
  }

  /// With TLS, or on this machine itself; nothing that curl would take for more than an address.
  private static func isUsable(_ url: String) -> Bool {
    let odd = "@\\\"'{}?#"
    guard url.utf8.count <= 300,
      url.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !url.contains(where: { odd.contains($0) })
    else { return false }
    if url.hasPrefix("https://") { return url.utf8.count > 8 }
    guard url.hasPrefix("http://") else { return false }
    let place = url.dropFirst(7).prefix { $0 != "/" }
    return ["127.0.0.1", "localhost", "[::1]"].contains { host in
      place == host || place.hasPrefix(host + ":") && UInt16(place.dropFirst(host.count + 1)) != nil
    }
  }
}
