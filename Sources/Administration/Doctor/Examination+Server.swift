// MARK: - sshd

extension Examination {
  /// What sshd makes of its stack.
  func server(_ examined: [StackExamination]) -> [Finding] {
    guard let sshd = examined.first(where: { $0.service == "sshd" && $0.isGuarded }),
      let configuration = files.serverConfiguration
    else { return [] }
    return pam(configuration) + methods(configuration) + keys(configuration, sshd)
      + remarks(configuration) + deniedHosts
  }

  private static let file = StackPlace(file: "/etc/ssh/sshd_config", line: 0)

  private func pam(_ configuration: ServerConfiguration) -> [Finding] {
    let setting = configuration["usepam"]
    guard setting?.value != "yes" else { return [] }
    let what = setting == nil ? "UsePAM is not set, which means no" : "UsePAM is no"
    return [
      Finding(
        .fault, .noPAM, at: setting?.place ?? Self.file,
        "\(what): sshd judges passwords by itself, and never comes by a stack",
        "set 'UsePAM yes', and reload sshd")
    ]
  }

  private func methods(_ configuration: ServerConfiguration) -> [Finding] {
    let password = configuration["passwordauthentication"]
    guard let password, password.value == "no",
      configuration["kbdinteractiveauthentication"]?.value == "no"
    else { return [] }
    return [
      Finding(
        .note, .noPasswords, at: password.place,
        "sshd takes no passwords, so its auth line has nothing to count", "")
    ]
  }

  private func keys(
    _ configuration: ServerConfiguration, _ sshd: StackExamination
  ) -> [Finding] {
    guard configuration["pubkeyauthentication"]?.value != "no",
      !sshd.stack.lines(.account).contains(where: { $0.isOurs(for: "sshd") })
    else { return [] }
    return [
      Finding(
        .note, .keysUnguarded,
        "a blocked host still gets into sshd with a key: there is no account line",
        "if it must not, put 'account required pam_abl.so' into /etc/pam.d/sshd")
    ]
  }

  private func remarks(_ configuration: ServerConfiguration) -> [Finding] {
    var findings: [Finding] = []
    if let setting = configuration["usedns"], setting.value == "yes" {
      findings.append(
        Finding(
          .note, .useDNS, at: setting.place,
          "UseDNS is yes: sshd asks the DNS of each guesser, while abl's rules go by the address",
          "set 'UseDNS no', unless a 'from=' or a Match of yours goes by names"))
    }
    let limits = ["MaxAuthTries": "6", "LoginGraceTime": "120"].sorted { $0.key > $1.key }
      .compactMap { name, usual -> String? in
        guard let setting = configuration[name.lowercased()], setting.value != usual else {
          return nil
        }
        return "\(name) \(setting.value.harmless)"
      }
    if !limits.isEmpty {
      findings.append(
        Finding(
          .note, .sshdLimits, at: Self.file,
          "one connection is bounded by sshd, too: \(limits.joined(separator: ", "))", ""))
    }
    return findings
  }

  /// In Debian 13 the one for each connection has libwrap, and the listener hasn't.
  private static let programs = ["/usr/sbin/sshd", "/usr/lib/openssh/sshd-session"]

  /// Lists that an sshd without libwrap doesn't read.
  private var deniedHosts: [Finding] {
    let path = "/etc/hosts.deny"
    let text = files.read(path) ?? []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let entry = lines.firstIndex { line in
      let line = String(decoding: line, as: UTF8.self)
      let services = line.prefix { $0 != ":" }.lowercased()
      return !line.hasPrefix("#") && line.contains(":")
        && (services.contains("sshd") || services.contains("all"))
    }
    let programs = Self.programs.compactMap { files.read($0, limit: 16 << 20) }
    let isRead = programs.contains { $0.contains("libwrap.so".utf8) }
    guard let entry, !programs.isEmpty, !isRead else { return [] }
    return [
      Finding(
        .note, .hostsDeny, at: StackPlace(file: path, line: entry + 1),
        "this sshd doesn't read this file: what is listed here is not kept out",
        "block it in a firewall, or by a rule")
    ]
  }
}
