import Foundation
import Harness
import Testing

@testable import Courier
@testable import Sharing

@Suite("fleet.conf is read to its end, and each mistake is told with its line")
struct FleetConfigurationTests {
  private func read(_ text: String) throws(FleetConfigurationError) -> FleetConfiguration {
    try FleetConfiguration(parsing: text, file: "fleet.conf")
  }

  @Test("the example that is shipped names every key and its default")
  func example() throws {
    let text = try Repository.text(of: "conf/fleet.conf.example")
    let shipped = try read(text)
    #expect(shipped.brokers.count == 2 && shipped.machine == Origin("web-1.example.org"))
    // What is commented out, but for prose, the alternative to a certificate, and what is off.
    let lines = text.split(separator: "\n").map { line in
      line.hasPrefix("#fleet_") && !line.contains("user") && !line.contains("password")
        && !line.contains("fleet_rule") ? String(line.dropFirst()) : String(line)
    }
    #expect(try read(lines.joined(separator: "\n")) == shipped)
    #expect(shipped.policy.rule == nil && shipped.crowdSec == nil)
    let asked = try read(text.replacing("#crowdsec_", with: "crowdsec_")).crowdSec
    let authority = "/etc/abl/crowdsec-ca.crt"
    #expect(
      asked == .init(url: "https://lapi.example.org:8080", authority: authority)
        && asked?.origin == Origin("crowdsec:lapi"))
    let shown = text.replacing("#fleet_rule", with: "fleet_rule")
    #expect(try read(shown).policy.rule == FleetRule(parsing: "*:20/1h"))
  }

  @Test("addresses, names and ports")
  func brokers() throws {
    let places = try read("fleet_broker = [2001:db8::7]:8883\nfleet_broker=b.example.org:1").brokers
    #expect(places.map(\.host) == ["2001:db8::7", "b.example.org"])
    #expect(places.map(\.port) == [8883, 1])
  }

  @Test(
    "mistakes",
    arguments: [
      ("fleet_broker = b", "fleet.conf:1: error: expected fleet_broker = NAME:PORT"),
      ("fleet_max = -1", "fleet.conf:1: error: fleet_max: expected a number from 0 to 1000000"),
      ("nonsense", "fleet.conf:1: error: expected 'key = value'"),
      ("fleet_mux = 1", "fleet.conf:1: error: unknown key 'fleet_mux'"),
      (
        "fleet_prefix = 0:0",
        "fleet.conf:1: error: expected fleet_prefix = 24…32:48…128, as in 32:64"
      ),
      (
        "fleet_lone_report = 1y",
        "fleet.conf:1: error: fleet_lone_report: expected a time, as in 1h"
      ),
      ("fleet_key = key", "fleet.conf:1: error: fleet_key is no absolute path"),
      (
        "fleet_rule = root@*:20/1h",
        "fleet.conf:1: error: fleet_rule: machines don't tell each other at which user a guess was"
      ),
      (
        "crowdsec_url = http://lapi.example.org:8080",
        "fleet.conf:1: error: crowdsec_url: expected https://HOST:PORT, or http:// of this machine"
      ),
      (
        "crowdsec_interval = 1s",
        "fleet.conf:1: error: crowdsec_interval: expected a time from 5s to 1h"
      ),
      ("crowdsec_key_file = key", "fleet.conf:1: error: crowdsec_key_file is no absolute path"),
      ("crowdsec_kay_file = /key", "fleet.conf:1: error: unknown key 'crowdsec_kay_file'"),
      (
        "crowdsec_name = a:b",
        "fleet.conf:1: error: crowdsec_name: expected at most 55 letters, digits, '.', '-' and '_'"
      ),
      ("fleet_machine = a/b", "fleet.conf:1: error: 'a/b' can't be a machine"),
    ])
  func mistakes(_ line: String, _ message: String) {
    let error = #expect(throws: FleetConfigurationError.self) {
      try read(line + "\nfleet_broker = x:1\nfleet_x = 2\ncrowdsec_url = https://x")
    }
    #expect(error?.messages == [message, "fleet.conf:3: error: unknown key 'fleet_x'"])
  }

  @Test("CrowdSec's API is asked by TLS, or on this machine itself, and may be all that is shared")
  func crowdSec() throws {
    let places = [
      "https://lapi", "https://[2001:db8::7]:8080/crowdsec", "http://127.0.0.1:8080",
      "http://localhost",
      "http://[::1]:8080/",
    ]
    for url in places { #expect(try read("crowdsec_url = \(url)").crowdSec?.url == url) }
    let others = [
      "http://127.0.0.1.example.org", "http://127.0.0.1:8080@example.org", "https://",
      "ftp://127.0.0.1",
      "https://a?b", "https://a{1,2}", "http://127.0.0.1:80x", "127.0.0.1:8080", "https://a\"b",
    ]
    for url in others {
      #expect(throws: FleetConfigurationError.self, "\(url)") {
        try read("crowdsec_url = \(url)\nfleet_broker = x:1")
      }
    }
    let error = #expect(throws: FleetConfigurationError.self) {
      try read("crowdsec_name = x\nfleet_broker = x:1")
    }
    #expect(
      error?.messages == [
        "fleet.conf: error: crowdsec_url isn't set, but other keys of crowdsec_ are"
      ])
  }
}
