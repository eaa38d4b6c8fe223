import Foundation
import Harness

/// A place with an authority, two brokers that don't know each other, and machines: all of it on
/// ports of its own of 127.0.0.1, and gone with it. No broker is ever reloaded.
final class Site: Machine, @unchecked Sendable {
  private(set) var brokers: [Child] = []
  let ports: [Int]

  init() throws {
    ports = Loopback.freePorts(2)
    try super.init(in: nil)
    chmod(directory, 0o755)
    try makeAuthority()
    for name in ["m1", "m2", "m3", "m4", "hostile"] { try makeCertificate(name) }
    try makeCertificate("broker", more: "subjectAltName=IP:127.0.0.1")
    // Once: a broker that reads it while it is written again would deny what it didn't find.
    try write(Self.acl, to: "acl")
    for index in 0..<2 { try start(index) }
  }

  private func openssl(_ words: String) throws {
    let words = words.split(separator: " ").map {
      $0.hasPrefix("@") ? path(String($0.dropFirst())) : String($0)
    }
    let outcome = try Command("/usr/bin/openssl", words).run()
    guard outcome.status == 0 else { throw Trouble(what: "\(words): \(outcome)") }
  }

  private func makeAuthority() throws {
    try openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout @ca.key -out @ca.crt "
        + "-days 2 -subj /CN=ca")
  }

  func makeCertificate(_ name: String, more: String = "keyUsage=digitalSignature") throws {
    try write(more, to: "\(name).ext")
    try openssl(
      "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout @\(name).key -out @\(name).csr "
        + "-subj /CN=\(name)")
    try openssl(
      "x509 -req -in @\(name).csr -CA @ca.crt -CAkey @ca.key -CAcreateserial -out @\(name).crt -days 2 "
        + "-extfile @\(name).ext")
  }

  /// What a broker has saved by now, or a second later, with these bytes in it.
  func saved(_ index: Int, having bytes: [UInt8]) throws -> Data {
    let file = path("store\(index)/mosquitto.db")
    let (begin, wanted) = (Date(), Data(bytes))
    var data = Data()
    try waitUntil("a broker saves") {
      let attributes = try? FileManager.default.attributesOfItem(atPath: file)
      let isNew = (attributes?[.modificationDate] as? Date).map { $0 > begin } ?? false
      data = (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data()
      return isNew && data.range(of: wanted) != nil
    }
    return data
  }

  /// Starts a broker, with what it had saved, with nothing, or with an old file.
  func start(_ index: Int, empty: Bool = false, with file: Data? = nil) throws {
    let store = path("store\(index)")
    if empty { try? FileManager.default.removeItem(atPath: store) }
    try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
    if let file { try file.write(to: URL(fileURLWithPath: store + "/mosquitto.db")) }
    let configuration = """
      user root
      per_listener_settings false
      allow_anonymous false
      acl_file \(path("acl"))
      persistence true
      persistence_location \(store)/
      autosave_interval 1
      max_queued_messages 20000
      max_packet_size 66560
      set_tcp_nodelay true
      log_dest file \(path("broker\(index).log"))
      listener \(ports[index]) 127.0.0.1
      max_qos 1
      cafile \(path("ca.crt"))
      certfile \(path("broker.crt"))
      keyfile \(path("broker.key"))
      tls_version tlsv1.3
      require_certificate true
      use_identity_as_username true
      use_username_as_clientid true

      """
    let file = "broker\(index).conf"
    try write(configuration, to: file)
    let broker = try Child(["/usr/sbin/mosquitto", "-c", path(file)])
    if brokers.count > index { brokers[index] = broker } else { brokers.append(broker) }
  }

  /// The list of rights that `ablctl fleet init` writes.
  static let acl =
    "pattern read abl/1/#\npattern write abl/1/live/%u\npattern write abl/1/head/%u\n"
    + (0..<16).map { "pattern write abl/1/state/%u/\($0)\n" }.joined()
    + "pattern write abl/1/order/%u\npattern write abl/1/count/%u\n"

  /// A client of Debian's package, with a machine's own certificate; waits for its end.
  func mosquitto(_ program: String, as name: String, _ words: [String]) throws -> Ended {
    let identity = [
      "-h", "127.0.0.1", "-p", String(ports[0]), "--cafile", path("ca.crt"), "--cert",
      path("\(name).crt"), "--key", path("\(name).key"), "-V", "5",
    ]
    return try Command("/usr/bin/\(program)", identity + words).run()
  }

  struct Trouble: Error { let what: String }
}

/// A machine: the stand-in for abld, and the real courier.
final class Peer {
  let name: String
  private let site: Site
  let abld: Child
  private var courier: Child?
  /// Between the courier and each broker, so that the network can be cut.
  private var relays: [Int: Child] = [:]
  private let ports: [Int]

  init(_ name: String, at site: Site, allowed: [String] = []) throws {
    (self.name, self.site) = (name, site)
    ports = Loopback.freePorts(2)
    abld = try Child(
      [Repository.program("fleetpeer"), name, site.path("\(name).sock"), String(getuid())] + allowed
    )
    try connect()
    try startCourier()
  }

  func startCourier() throws {
    let configuration = """
      fleet_broker = 127.0.0.1:\(ports[0])   # behind a relay
      fleet_broker = 127.0.0.1:\(ports[1])
      fleet_ca = \(site.path("ca.crt"))
      fleet_certificate = \(site.path("\(name).crt"))
      fleet_key = \(site.path("\(name).key"))

      """
    try site.write(configuration, to: "\(name).conf")
    // It stays who it is: the machine may have no user abl.
    let state = site.path("\(name).state")
    mkdir(state, 0o700)
    courier = try Child(
      [Repository.program("abl-courier"), "--config", site.path("\(name).conf"), "--socket"]
        + [site.path("\(name).sock"), "--user", NSUserName(), "--state", state])
  }

  func stopCourier() {
    courier?.end()
    courier = nil
  }

  /// The network is there, to both brokers.
  func connect() throws {
    let relay = Repository.file("Tests/Support/relay.py")
    for index in 0..<2 where relays[index] == nil {
      relays[index] = try Child(
        ["/usr/bin/python3", relay, String(ports[index]), String(site.ports[index])])
      _ = relays[index]?.line()
    }
  }

  /// The network is cut.
  func cut() { relays = [:] }

  /// It is cut to one of the brokers.
  func cut(from index: Int) { relays[index] = nil }

  func ask(_ command: String) -> String {
    abld.tell(command)
    return abld.line() ?? "no answer"
  }

  /// Asks until the answer is right. Returns the last one. A courier that has found no broker for some
  /// time tries again within half a minute.
  func await(_ command: String, _ isRight: (String) -> Bool) -> String {
    firstRight(within: 120, { ask(command) }, where: isRight)
  }
}

extension Child {
  /// Asks until the answer is right, for so long at most. Returns the last one.
  func await(_ command: String, seconds: Double, _ isRight: (String) -> Bool) -> String {
    var answer = ""
    _ = eventually(within: seconds) {
      tell(command)
      answer = line() ?? "no answer"
      return isRight(answer)
    }
    return answer
  }
}
