import BlockList
import Glibc
import Platform
import Policy
import Upkeep

@testable import Administration

/// A machine in a directory, with Debian 12's own stacks: a sound one, until something is changed.
final class RootedMachine {
  private let machine = Machine()
  var root: String { machine.directory + "/root" }

  static let module = "/usr/lib/x86_64-linux-gnu/security/pam_abl.so"
  static let configuration = "/etc/security/pam_abl.conf"

  init(_ changes: [Change] = []) {
    for (path, text) in Self.debian { write(text, to: path) }
    for name in ["pam_unix.so", "pam_deny.so", "pam_permit.so"] {
      write("", to: "/usr/lib/x86_64-linux-gnu/security/" + name)
    }
    write("", to: "/usr/lib/x86_64-linux-gnu/liblmdb.so.0")
    write(Self.library + Array("liblmdb.so.0".utf8), to: Self.module)
    write("host_rule = *:10/1h\n", to: Self.configuration)
    for change in changes { make(change) }
  }

  /// What is done to a sound machine.
  enum Change {
    /// Writes a file.
    case write(String, String)
    case bytes(String, [UInt8])
    /// Puts a line in front of all of a file.
    case prepend(String, String)
    /// Puts a line behind all of a file.
    case append(String, String)
    /// Puts other text in place of some in a file.
    case replace(String, String, String)
    case remove(String)
    case mode(String, UInt32)
    case directory(String, UInt32)
    /// So many failures of a host, so many seconds from now.
    case fail(String, Int, Int64)
  }

  private func make(_ change: Change) {
    switch change {
    case .write(let path, let text): write(text, to: path)
    case .bytes(let path, let bytes): write(bytes, to: path)
    case .prepend(let path, let line): write(line + "\n" + text(of: path), to: path)
    case .append(let path, let line): write(text(of: path) + line + "\n", to: path)
    case .replace(let path, let old, let new):
      let before = text(of: path)
      precondition(before.contains(old))
      write(before.replacing(old, with: new), to: path)
    case .remove(let path): precondition(unlink(root + path) == 0)
    case .mode(let path, let mode): precondition(chmod(root + path, mode) == 0)
    case .directory(let path, let mode):
      makeDirectories(path)
      precondition(chmod(root + path, mode) == 0)
    case .fail(let host, let times, let offset): fail(host, times, offset)
    }
  }

  private func fail(_ host: String, _ times: Int, _ offset: Int64) {
    for path in ["/var/lib/abl", "/run/abl"] { make(.directory(path, 0o700)) }
    var configuration = Configuration()
    configuration.databaseHome = Name(Array((root + "/var/lib/abl").utf8))
    configuration.runHome = Name(Array((root + "/run/abl").utf8))
    let time = Timestamp.now.adding(offset)
    for _ in 0..<times {
      try? BlockList(configuration).fileFailure(of: .init(host: host, user: nil), at: time)
    }
  }

  private func text(of path: String) -> String {
    String(decoding: Machine.bytes(of: root + path), as: UTF8.self)
  }

  private func write(_ text: String, to path: String) { write(Array(text.utf8), to: path) }

  private func write(_ bytes: [UInt8], to path: String) {
    makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    unlink(root + path)
    let descriptor = open(root + path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    // Another test may change the umask for a moment.
    fchmod(descriptor, 0o644)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  private func makeDirectories(_ path: String) {
    var directory = root
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      if !part.isEmpty { directory += "/" + part }
      if mkdir(directory, 0o755) == 0 { chmod(directory, 0o755) }
    }
  }

  /// In this process.
  var examination: Examination {
    Examination(files, config: Path(Self.configuration.utf8), checkingStore: true)
  }

  var files: MachineFiles { MachineFiles(root: Path(root.utf8)) }

  /// As a program.
  func doctor(_ arguments: String...) -> Ended {
    let words = ["doctor", "--root", root] + arguments
    return Machine.spawn(
      Machine.program, words.map { Array($0.utf8) }, environment: ["TZ=UTC"])
  }

  /// The head of a library of this machine, without a segment.
  static let library: [UInt8] = {
    var header = Array(Machine.bytes(of: "/proc/self/exe").prefix(64))
    header[16] = 3
    header.replaceSubrange(32..<40, with: [64, 0, 0, 0, 0, 0, 0, 0])
    header.replaceSubrange(54..<58, with: [56, 0, 0, 0])
    return header
  }()
}

extension RootedMachine {
  private static let ours = "auth required pam_abl.so config=/etc/security/pam_abl.conf\n"

  /// As the packages have them, without their comments, and with our line.
  private static let debian = [
    "/etc/pam.d/common-auth": """
    auth\t[success=1 default=ignore]\tpam_unix.so nullok
    auth\trequisite\t\t\tpam_deny.so
    auth\trequired\t\t\tpam_permit.so
    auth\toptional\t\t\tpam_cap.so

    """,
    "/etc/pam.d/common-account": """
    account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so
    account\trequisite\t\t\tpam_deny.so
    account\trequired\t\t\tpam_permit.so

    """,
    "/etc/pam.d/common-password": """
    password\t[success=1 default=ignore]\tpam_unix.so obscure yescrypt
    password\trequisite\t\t\tpam_deny.so
    password\trequired\t\t\tpam_permit.so

    """,
    "/etc/pam.d/common-session": """
    session\t[default=1]\t\t\tpam_permit.so
    session\trequisite\t\t\tpam_deny.so
    session\trequired\t\t\tpam_permit.so
    session\trequired\tpam_unix.so
    session\toptional\tpam_systemd.so

    """,
    "/etc/pam.d/common-session-noninteractive": "session\trequired\tpam_unix.so\n",
    "/etc/pam.d/sshd": ours + """
      @include common-auth
      account    required     pam_nologin.so
      @include common-account
      session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so close
      session    required     pam_loginuid.so
      session    optional     pam_keyinit.so force revoke
      @include common-session
      session    optional     pam_motd.so  motd=/run/motd.dynamic
      session    optional     pam_mail.so standard noenv # [1]
      session    required     pam_limits.so
      session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so open
      @include common-password

      """,
    "/etc/pam.d/su": """
    auth       sufficient pam_rootok.so
    \(ours)session       required   pam_env.so readenv=1
    session    optional   pam_mail.so nopen
    session    required   pam_limits.so
    @include common-auth
    @include common-account
    @include common-session

    """,
    "/etc/pam.d/su-l": """
    auth include su
    account include su
    password include su
    session optional pam_keyinit.so force revoke
    session include su

    """,
    "/etc/pam.d/sudo": ours + """
      #%PAM-1.0

      # Set up user limits from /etc/security/limits.conf.
      session    required   pam_limits.so

      @include common-auth
      @include common-account
      @include common-session-noninteractive

      """,
    "/etc/pam.d/login": """
    auth       optional   pam_faildelay.so  delay=3000000
    auth       requisite  pam_nologin.so
    session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
    session    required     pam_loginuid.so
    \(ours)@include common-auth
    auth       optional   pam_group.so
    session    required   pam_limits.so
    @include common-account
    @include common-session
    @include common-password

    """,
    "/etc/pam.d/cron": ours + """
      @include common-auth
      session       required     pam_loginuid.so
      session       required   pam_env.so
      session       required   pam_env.so envfile=/etc/default/locale
      @include common-account
      @include common-session-noninteractive
      session    required   pam_limits.so

      """,
    "/etc/pam.d/vsftpd": """
    auth\trequired\tpam_listfile.so item=user sense=deny file=/etc/ftpusers onerr=succeed
    @include common-account
    @include common-session
    \(ours)@include common-auth
    auth\trequired\tpam_shells.so

    """,
    "/etc/pam.d/dovecot": ours + """
      @include common-auth
      @include common-account
      @include common-session

      """,
    "/etc/ssh/sshd_config": """
    Include /etc/ssh/sshd_config.d/*.conf
    KbdInteractiveAuthentication no
    UsePAM yes
    X11Forwarding yes
    PrintMotd no
    AcceptEnv LANG LC_*
    Subsystem\tsftp\t/usr/lib/openssh/sftp-server

    """,
  ]
}
