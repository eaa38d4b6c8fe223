internal import CSystem
internal import Orders
internal import Sharing

/// The fleet's own authority: a directory on an operator's machine, and openssl.
///
/// Its key can make machines; it belongs on no machine that shares.
struct FleetAuthority {
  let directory: String
  /// A file with the passphrase of the key; nil: openssl asks for it.
  var passphraseFile: String?

  static let openssl = "/usr/bin/openssl"
  /// For how many days a certificate holds, and that of the authority.
  static let days = 398
  static let authorityDays = 3650

  func path(_ name: String) -> String { directory + "/" + name }

  /// Makes the key, the certificate and an empty list of what was revoked.
  func make(encrypted: Bool) throws {
    try FleetFiles.makeDirectory(directory, mode: 0o700)
    guard unsafe access(path("ca.key"), F_OK) != 0 else {
      throw Failure(message: "there is an authority in \(ArgumentBytes.quoted(directory)) already")
    }
    for name in ["certs", "machines"] { try FleetFiles.makeDirectory(path(name), mode: 0o700) }
    try FleetFiles.write("", to: path("index"), mode: 0o600)
    try FleetFiles.write("unique_subject = no\n", to: path("index.attr"), mode: 0o600)
    try FleetFiles.write("01\n", to: path("crlnumber"), mode: 0o600)
    try FleetFiles.write(configuration, to: path("openssl.cnf"), mode: 0o600)
    var words = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    if encrypted { words += ["-aes-256-cbc"] + passphrase("-pass") }
    try run(words + ["-out", path("ca.key")])
    try run(
      ["req", "-new", "-config", path("openssl.cnf"), "-key", path("ca.key"), "-subj"]
        + ["/CN=abl fleet", "-out", path("ca.csr")] + passphrase("-passin"))
    try run(
      signing(days: Self.authorityDays, extensions: "authority")
        + ["-selfsign", "-in", path("ca.csr"), "-out", path("ca.crt")])
    try writeRevocations()
  }

  /// Makes a key and a certificate for `name`; or only a certificate, for a request of before.
  func issue(_ name: Origin, brokerAt address: String?, request: String?) throws {
    let home = path("machines/\(name.text)")
    try FleetFiles.makeDirectory(home, mode: 0o700)
    let kept = path("machines/\(name.text).csr")
    if let request {
      try FleetFiles.copy(request, to: kept, mode: 0o600)
    } else if unsafe access(kept, F_OK) != 0 {
      try run(
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"]
          + [home + "/machine.key"])
      try run(
        ["req", "-new", "-config", path("openssl.cnf"), "-key", home + "/machine.key", "-subj"]
          + ["/CN=\(name.text)", "-out", kept])
    }
    // The subject is ours: a request can't choose another name.
    try run(
      signing(days: Self.days, extensions: address == nil ? "machine" : "broker")
        + ["-in", kept, "-subj", "/CN=\(name.text)", "-out", home + "/machine.crt"],
      broker: address)
    try FleetFiles.copy(path("ca.crt"), to: home + "/ca.crt", mode: 0o644)
  }

  /// Takes all certificates of `name` back.
  func revoke(_ name: Origin) throws -> Int {
    guard let index = Tool.contents(of: path("index"), atMost: 64 << 20) else {
      throw Failure(message: "there is no authority in \(ArgumentBytes.quoted(directory))")
    }
    let lines = String(decoding: index, as: UTF8.self).split(separator: "\n")
    var count = 0
    for line in lines where line.hasPrefix("V\t") && line.hasSuffix("/CN=\(name.text)") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 4 else { continue }
      try run(
        ["ca", "-config", path("openssl.cnf"), "-revoke", path("certs/\(fields[3]).pem")]
          + passphrase("-passin"))
      count += 1
    }
    try writeRevocations()
    return count
  }

  /// Writes the list of what was revoked anew; brokers want one that hasn't ended.
  func writeRevocations() throws {
    try run(
      ["ca", "-config", path("openssl.cnf"), "-gencrl", "-crldays", String(Self.authorityDays)]
        + ["-out", path("ca.crl")] + passphrase("-passin"))
  }

  private func signing(days: Int, extensions: String) -> [String] {
    let now = time(nil)
    // A day back: for machines whose clock is behind.
    let (start, end) = (Self.date(now - 86_400), Self.date(now + days * 86_400))
    return [
      "ca", "-batch", "-notext", "-rand_serial", "-config", path("openssl.cnf"), "-startdate",
    ]
      + [start, "-enddate", end, "-extensions", extensions] + passphrase("-passin")
  }

  private func passphrase(_ option: String) -> [String] {
    passphraseFile.map { [option, "file:\($0)"] } ?? []
  }

  private static func date(_ seconds: time_t) -> String {
    var (seconds, parts) = unsafe (seconds, tm())
    _ = unsafe gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let size = text.count
    let count = unsafe strftime(&text, size, "%Y%m%d%H%M%SZ", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func run(_ words: [String], broker: String? = nil) throws {
    var words = words
    if let broker {
      let isAddress = Prefix(parsing: broker) != nil
      let name = "[broker]\nsubjectAltName = \(isAddress ? "IP" : "DNS"):\(broker)\n"
      try FleetFiles.write(
        name + "extendedKeyUsage = serverAuth, clientAuth\nkeyUsage = digitalSignature\n",
        to: path("broker.cnf"), mode: 0o600)
      words += ["-extfile", path("broker.cnf")]
    }
    let outcome: Tool.Outcome
    do throws(ToolError) {
      outcome = try Tool.run(Self.openssl, words, seconds: 300, isForPeople: true)
    } catch {
      throw Failure(message: error.message)
    }
    guard outcome.status == 0 else {
      throw Failure(message: "openssl \(words[0]) failed: \(outcome.lastComplaint)")
    }
  }

  /// What `openssl ca` wants to read.
  private var configuration: String {
    """
    # Written by ablctl fleet init.
    [ca]
    default_ca = fleet
    [fleet]
    dir = \(directory)
    database = $dir/index
    new_certs_dir = $dir/certs
    crlnumber = $dir/crlnumber
    serial = $dir/serial
    rand_serial = yes
    certificate = $dir/ca.crt
    private_key = $dir/ca.key
    default_md = sha256
    policy = names
    copy_extensions = none
    unique_subject = no
    [names]
    commonName = supplied
    [req]
    distinguished_name = subject
    prompt = no
    [subject]
    CN = machine
    [authority]
    basicConstraints = critical, CA:true, pathlen:0
    keyUsage = critical, keyCertSign, cRLSign
    subjectKeyIdentifier = hash
    [machine]
    basicConstraints = critical, CA:false
    keyUsage = digitalSignature
    extendedKeyUsage = clientAuth

    """
  }
}

extension Tool.Outcome {
  /// What openssl complained about at last: its first lines are of no use.
  fileprivate var lastComplaint: String {
    let lines = complaints.split(separator: 10).filter { !$0.isEmpty }
    let errors = lines.filter { String(decoding: $0, as: UTF8.self).contains("rror") }
    let line = (errors.first ?? lines.last ?? [])[...].prefix(300)
    let shown = line.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
    return shown.isEmpty ? "exit status \(status)" : String(decoding: shown, as: UTF8.self)
  }
}
