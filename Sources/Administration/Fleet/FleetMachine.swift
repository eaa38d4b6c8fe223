internal import ArgumentParser
internal import CSystem
internal import Orders
internal import Sharing

/// A broker, as it was named.
struct BrokerPlace {
  let origin: Origin
  let port: UInt16

  init(_ argument: String) throws {
    // The name of a machine may have colons, as an IPv6 address has; one alone is for the port.
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    let hasPort = parts.count == 2
    origin = try Origin(argument: hasPort ? String(parts[0]) : argument)
    guard let port = hasPort ? UInt16(parts[1]) : 8883, port > 0 else {
      throw Failure(message: "\(ArgumentBytes.quoted(String(parts[1]))) is no port")
    }
    self.port = port
  }

  var text: String {
    let name = origin.text
    return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
  }

  /// Makes its certificate, and what mosquitto reads.
  func issue(by authority: FleetAuthority) throws {
    try authority.issue(origin, brokerAt: origin.text, request: nil)
    let home = authority.path("machines/\(origin.text)/")
    try FleetFiles.write(BrokerFiles.configuration(port: port), to: home + "abl.conf", mode: 0o644)
    try FleetFiles.write(BrokerFiles.rights, to: home + "abl.acl", mode: 0o644)
    try FleetFiles.copy(authority.path("ca.crl"), to: home + "ca.crl", mode: 0o644)
  }
}

/// What a machine that shares has in /etc/abl.
enum FleetMachineFiles {
  /// Writes fleet.conf beside the certificate of a machine.
  static func writeConfiguration(of name: Origin, by authority: FleetAuthority) throws {
    guard let brokers = Tool.contents(of: authority.path("brokers"), atMost: 1 << 16) else {
      throw Failure(
        message: "there is no authority in \(ArgumentBytes.quoted(authority.directory))")
    }
    let text =
      "# Written by ablctl fleet issue; docs/fleet.md names all keys.\n"
      + "fleet_machine = \(name.text)\n" + String(decoding: brokers, as: UTF8.self)
    try FleetFiles.write(
      text, to: authority.path("machines/\(name.text)/fleet.conf"), mode: 0o644)
  }
}

struct FleetJoin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Put the files of this machine, or of this broker, into place.",
    discussion: """
      They are in a directory that ablctl fleet init, issue or renew has made. A key that is there \
      already stays if the directory has none. Nothing is started; what to run is told.
      """)

  @Argument(help: "The directory with the files.")
  var files: String

  @Option(help: "Where the system is whose files are meant; without, this one.")
  var root = ""

  func run() throws {
    let isBroker = FleetFiles.exists(files + "/abl.acl")
    if isBroker { try joinAsBroker() } else { try joinAsMachine() }
  }

  private func joinAsMachine() throws {
    let home = root + "/etc/abl/fleet"
    let group = FleetFiles.group("abl")
    for path in ["/etc", "/etc/abl"] where !FleetFiles.exists(root + path) {
      try FleetFiles.makeDirectory(root + path, mode: 0o755)
    }
    try FleetFiles.makeDirectory(home, mode: 0o755)
    try copyIdentity(to: home, group: group)
    let configuration = root + "/etc/abl/fleet.conf"
    if !FleetFiles.exists(configuration) {
      try FleetFiles.copy(files + "/fleet.conf", to: configuration, mode: 0o644)
    }
    try Output.open { output in
      try output.tell(
        "this machine's files are in /etc/abl; remove the copies of its key now, and run:")
      try output.add("  systemctl reload abld && systemctl enable --now abl-courier")
      if group == nil {
        try output.tell(
          "there is no group 'abl' yet: the key is root's alone, until this is repeated")
      }
    }
  }

  private func joinAsBroker() throws {
    let home = root + "/etc/mosquitto/abl"
    let unit = root + "/etc/systemd/system/mosquitto.service.d"
    let paths = [
      "/etc", "/etc/mosquitto", "/etc/mosquitto/conf.d", "/etc/mosquitto/abl", "/etc/systemd",
      "/etc/systemd/system", "/etc/systemd/system/mosquitto.service.d",
    ]
    for path in paths where !FleetFiles.exists(root + path) {
      try FleetFiles.makeDirectory(root + path, mode: 0o755)
    }
    try copyIdentity(to: home, group: FleetFiles.group("mosquitto"))
    for name in ["abl.acl", "ca.crl"] {
      try FleetFiles.copy(files + "/" + name, to: home + "/" + name, mode: 0o644)
    }
    try FleetFiles.copy(
      files + "/abl.conf", to: root + "/etc/mosquitto/conf.d/abl.conf", mode: 0o644)
    try FleetFiles.write(BrokerFiles.limits, to: unit + "/abl.conf", mode: 0o644)
    try Output.open { output in
      try output.tell(
        "the broker's files are in /etc/mosquitto; remove the copies of its key now, and run:")
      try output.add("  systemctl daemon-reload && systemctl restart mosquitto")
    }
  }

  private func copyIdentity(to home: String, group: gid_t?) throws {
    for name in ["ca.crt", "machine.crt"] {
      try FleetFiles.copy(files + "/" + name, to: home + "/" + name, mode: 0o644)
    }
    if FleetFiles.exists(files + "/machine.key") {
      let mode: mode_t = group == nil ? 0o600 : 0o640
      try FleetFiles.copy(
        files + "/machine.key", to: home + "/machine.key", mode: mode, group: group)
    } else if !FleetFiles.exists(home + "/machine.key") {
      throw Failure(
        message:
          "there is no key, neither in \(ArgumentBytes.quoted(files)) nor in \(ArgumentBytes.quoted(home))"
      )
    }
  }
}

struct FleetLeave: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave",
    abstract: "Remove this machine's key and certificate: it shares no more.",
    discussion: """
      What others know of this machine ends by itself. Have the certificate revoked, too, if the key \
      may be known to others.
      """)

  @Option(help: "Where the system is whose files are meant; without, this one.")
  var root = ""

  func run() throws {
    var removed = 0
    for name in ["fleet/machine.key", "fleet/machine.crt", "fleet.conf"] {
      let path = root + "/etc/abl/" + name
      if unsafe unlink(path) == 0 {
        removed += 1
      } else if csystem_errno() != ENOENT, csystem_errno() != ENOTDIR {
        throw Failure.system("cannot remove \(ArgumentBytes.quoted(path))", csystem_errno())
      }
    }
    guard removed > 0 else { throw Failure(message: "this machine is in no fleet") }
    try Output.open { output in
      try output.add("this machine's key, certificate and fleet.conf are removed; run now:")
      try output.add("  systemctl disable --now abl-courier && systemctl reload abld")
    }
  }
}
