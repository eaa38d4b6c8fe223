internal import ArgumentParser
internal import CSystem
internal import Courier
internal import Sharing

struct Fleet: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the files by which machines share their blocks.",
    discussion: """
      On an operator's machine: init makes an authority and a broker's files, issue the files of a \
      machine. There, join puts them into place. docs/fleet.md shows all of it.
      """,
    subcommands: [
      FleetInit.self, FleetIssue.self, FleetJoin.self, FleetRenew.self, FleetRevoke.self,
      FleetLeave.self,
    ])
}

/// Where the authority is, and how its key is opened.
struct AuthorityOptions: ParsableArguments {
  @Option(help: "The directory of the authority, on the operator's machine only.")
  var directory: String = "abl-fleet"

  @Option(help: "A file with the passphrase of its key; without, openssl asks for it.")
  var passphraseFile: String?

  /// The authority; its directory by an absolute path, as openssl's configuration wants.
  func authority() throws -> FleetAuthority {
    var path = directory
    if !path.hasPrefix("/") {
      var buffer = [CChar](repeating: 0, count: 4096)
      guard unsafe getcwd(&buffer, buffer.count) != nil else {
        throw Failure(message: "cannot tell the directory that we are in")
      }
      let here = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      path = String(decoding: here, as: UTF8.self) + "/" + path
    }
    guard path.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "$") }) else {
      throw Failure(message: "'--directory': openssl wants a path of letters without blanks")
    }
    return FleetAuthority(directory: path, passphraseFile: passphraseFile)
  }

  /// One that there is.
  func madeAuthority() throws -> FleetAuthority {
    let authority = try authority()
    guard FleetFiles.exists(authority.path("openssl.cnf")) else {
      throw Failure(
        message:
          "there is no authority in \(ArgumentBytes.quoted(authority.directory)); 'ablctl fleet init' makes "
          + "one, '--directory' says where it is")
    }
    return authority
  }
}

struct FleetInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an authority, and the files of the brokers.",
    discussion: """
      A broker is named as the machines reach it, with a port behind a colon unless that is 8883. \
      Two brokers that know nothing of each other make one's loss unnoticed.
      """)

  @OptionGroup var options: AuthorityOptions

  @Argument(help: "The brokers, NAME or NAME:PORT.")
  var broker: [String]

  @Flag(help: "Leave the authority's key unencrypted.")
  var noPassphrase = false

  func run() throws {
    let places = try broker.map { try BrokerPlace($0) }
    let authority = try options.authority()
    try authority.make(encrypted: !noPassphrase)
    let lines = places.map { "fleet_broker = \($0.text)\n" }.joined()
    try FleetFiles.write(lines, to: authority.path("brokers"), mode: 0o600)
    for place in places { try place.issue(by: authority) }
    try Output.open { output in
      try output.tell("the authority is in \(authority.directory)")
      try output.tell(
        "  keep a copy of it where only you can read it: without ca.key no machine can be added",
        indent: 4)
      for place in places {
        try output.tell(
          "broker \(place.text): copy \(authority.path("machines/\(place.origin.text)")) to it, "
            + "and run there: ablctl fleet join DIRECTORY")
      }
    }
  }
}

struct FleetIssue: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue",
    abstract: "Make the certificates of machines.",
    discussion: """
      With --request, the machine has made its key itself, and only a certificate is made. The files \
      of each machine are in machines/NAME of the authority; copy that to the machine over ssh, run \
      ablctl fleet join there, and remove the copies of the key.
      """)

  @OptionGroup var options: AuthorityOptions

  @Argument(help: "The names of the machines.")
  var name: [String]

  @Option(help: "A certificate request that the one machine has made.")
  var request: String?

  func run() throws {
    guard request == nil || name.count == 1 else {
      throw Misuse(command: "fleet issue", message: "A request is of one machine.")
    }
    let authority = try options.madeAuthority()
    for name in try name.map(Origin.init(argument:)) {
      try authority.issue(name, brokerAt: nil, request: request)
      try FleetMachineFiles.writeConfiguration(of: name, by: authority)
      try Output.open {
        try $0.tell("\(name.text): \(authority.path("machines/\(name.text)"))")
      }
    }
  }
}

struct FleetRenew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew",
    abstract: "Make new certificates for machines and brokers, for the keys that they have.",
    discussion: """
      The old ones hold until their end, so there is no gap. Copy machines/NAME to the machine, and \
      run ablctl fleet join there.
      """)

  @OptionGroup var options: AuthorityOptions

  @Argument(help: "The names of the machines.")
  var name: [String]

  func run() throws {
    let authority = try options.madeAuthority()
    for name in try name.map(Origin.init(argument:)) {
      guard FleetFiles.exists(authority.path("machines/\(name.text).csr")) else {
        throw Failure(message: "'\(name.text)' has no certificate of this authority")
      }
      let isBroker = FleetFiles.exists(authority.path("machines/\(name.text)/abl.acl"))
      try authority.issue(name, brokerAt: isBroker ? name.text : nil, request: nil)
      if isBroker {
        let list = authority.path("machines/\(name.text)/ca.crl")
        try FleetFiles.copy(authority.path("ca.crl"), to: list, mode: 0o644)
      }
      try Output.open { try $0.add("\(name.text): renewed") }
    }
  }
}

struct FleetRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take the certificates of machines back.",
    discussion: """
      Brokers know of it once the new ca.crl is in /etc/mosquitto/abl and mosquitto was restarted, \
      one broker after the other. Reloading is no way: open connections would stay, and mosquitto 2.0 \
      can crash.
      """)

  @OptionGroup var options: AuthorityOptions

  @Argument(help: "The names of the machines.")
  var name: [String]

  func run() throws {
    let authority = try options.madeAuthority()
    for name in try name.map(Origin.init(argument:)) {
      let count = try authority.revoke(name)
      guard count > 0 else {
        throw Failure(message: "'\(name.text)' has no valid certificate of this authority")
      }
      try Output.open { try $0.add("\(name.text): \(counted(count, "certificate")) revoked") }
    }
    try Output.open {
      try $0.tell(
        "copy \(authority.path("ca.crl")) to /etc/mosquitto/abl of each broker, and restart "
          + "mosquitto there, one after the other")
    }
  }
}

extension Origin {
  init(argument: String) throws {
    guard let origin = Origin(argument) else {
      let shown = ArgumentBytes.harmless(argument)
      throw Failure(
        message: "'\(shown)' can't be the name of a machine: letters, digits, '.', '-', '_' and ':'"
      )
    }
    self = origin
  }
}
