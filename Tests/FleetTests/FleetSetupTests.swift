import Foundation
import Harness
import Testing

/// What `ablctl fleet` makes, used by a real mosquitto and Debian's clients.
@Suite(
  "From nothing to machines that share, with four commands",
  .enabled(if: hasBroker, "needs mosquitto: apt-get install mosquitto mosquitto-clients"),
  .serialized)
struct FleetSetupTests {
  private let directory: TemporaryDirectory
  private let port = Loopback.freePort

  init() throws {
    directory = try TemporaryDirectory()
    chmod(directory.url.path, 0o755)
    for name in ["broker", "m1"] { mkdir(path(name), 0o755) }
  }

  private func path(_ name: String) -> String { directory.file(name).path }

  private func fleet(_ words: String) throws -> Ended {
    let words = words.split(separator: " ").map {
      $0.hasPrefix("@") ? path(String($0.dropFirst())) : String($0)
    }
    return try Command(Repository.program("ablctl"), ["fleet"] + words).run()
  }

  private func succeed(_ words: String) throws {
    let outcome = try fleet(words)
    try #require(outcome.status == 0, "\(words): \(outcome)")
  }

  /// A mosquitto with the files that join has put into place, but for where that is.
  private func startBroker() throws -> Child {
    let root = path("broker") + "/etc/mosquitto"
    let written = try String(contentsOfFile: root + "/conf.d/abl.conf", encoding: .utf8)
    let moved = written.replacingOccurrences(of: "/etc/mosquitto", with: root)
    let file = path("mosquitto.conf")
    try ("user root\nlog_dest file \(path("log"))\n" + moved)
      .write(toFile: file, atomically: true, encoding: .utf8)
    return try Child(["/usr/sbin/mosquitto", "-c", file])
  }

  /// Publishes as a machine, once the broker is there. Returns what the client says of it.
  private func publish(_ topic: String, as name: String, key: String? = nil) throws -> String {
    let home = path("ca/machines/\(name)")
    let words = [
      "-h", "127.0.0.1", "-p", String(port), "--cafile", path("ca/ca.crt"), "--cert",
      home + "/machine.crt", "--key", key ?? home + "/machine.key", "-V", "5", "-q", "1", "-d",
      "-t", topic, "-m", "x",
    ]
    let said = {
      let outcome = try Command("/usr/bin/mosquitto_pub", words).run()
      return outcome.output + outcome.error
    }
    return try firstRight(said) { !$0.contains("refused") }
  }

  @Test("a machine is let in and writes its own topics only; renewed it still is, revoked no more")
  func all() throws {
    try succeed("init --no-passphrase --directory @ca 127.0.0.1:\(port)")
    try succeed("issue --directory @ca m1 m2")
    try succeed("join --root @broker @ca/machines/127.0.0.1")
    try succeed("join --root @m1 @ca/machines/m1")
    var broker = try startBroker()
    #expect(try publish("abl/1/live/m1", as: "m1").contains("RC:16"))
    #expect(try publish("abl/1/state/m1/15", as: "m1").contains("RC:16"))
    for topic in ["live/m2", "head/m2", "state/m1/16", "order/m2", "x"] {
      #expect(try publish("abl/1/" + topic, as: "m1").contains("RC:135"), "\(topic)")
    }
    try succeed("renew --directory @ca m1")
    #expect(try publish("abl/1/live/m1", as: "m1").contains("RC:16"))
    try succeed("revoke --directory @ca m2")
    try succeed("renew --directory @ca 127.0.0.1")
    try succeed("join --root @broker @ca/machines/127.0.0.1")
    broker.end()
    broker = try startBroker()
    #expect(try publish("abl/1/live/m1", as: "m1").contains("RC:16"))
    #expect(try !publish("abl/1/live/m2", as: "m2").contains("RC:"))
    broker.end()
  }

  @Test("files have the modes that they need, certificates begin a day ago, and names are checked")
  func files() throws {
    try succeed("init --no-passphrase --directory @ca broker.example.org")
    try succeed("issue --directory @ca m1")
    try succeed("join --root @m1 @ca/machines/m1")
    func mode(_ file: String) throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(atPath: path(file))
      return (attributes[.posixPermissions] as? Int) ?? 0
    }
    #expect(try mode("ca") == 0o700 && mode("ca/ca.key") & 0o077 == 0)
    #expect(try mode("m1/etc/abl/fleet/machine.key") & 0o037 == 0)
    #expect(try mode("m1/etc/abl/fleet.conf") == 0o644)
    let text = try String(contentsOfFile: path("m1/etc/abl/fleet.conf"), encoding: .utf8)
    #expect(text.contains("fleet_broker = broker.example.org:8883\n"))
    let begin = try Command(
      "/usr/bin/openssl",
      ["x509", "-in", path("ca/machines/m1/machine.crt"), "-noout", "-checkend", "0"]
    ).run()
    #expect(begin.status == 0)
    #expect(try fleet("init --no-passphrase --directory @ca broker.example.org").status == 1)
    for name in ["a/b", "+", "#", "a b"] {
      #expect(
        try Command(
          Repository.program("ablctl"), ["fleet", "issue", "--directory", path("ca"), name]
        )
        .run().status == 1)
    }
    #expect(try fleet("revoke --directory @ca m9").status == 1)
    try succeed("leave --root @m1")
    #expect(!FileManager.default.fileExists(atPath: path("m1/etc/abl/fleet/machine.key")))
    #expect(try fleet("leave --root @m1").status == 1)
  }

  @Test("with a passphrase, nothing is signed without it")
  func passphrase() throws {
    try "right\n".write(toFile: path("right"), atomically: true, encoding: .utf8)
    try "wrong\n".write(toFile: path("wrong"), atomically: true, encoding: .utf8)
    try succeed("init --passphrase-file @right --directory @ca broker.example.org")
    #expect(try fleet("issue --passphrase-file @wrong --directory @ca m1").status == 1)
    try succeed("issue --passphrase-file @right --directory @ca m1")
    let key = try String(contentsOfFile: path("ca/ca.key"), encoding: .utf8)
    #expect(key.contains("ENCRYPTED"))
  }
}
