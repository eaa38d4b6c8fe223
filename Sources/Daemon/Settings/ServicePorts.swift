public import Policy

/// Which ports of TCP a service listens at, by the name that PAM has for it.
public struct ServicePorts: Equatable, Sendable {
  private var ports: [String: [UInt16]] = [
    "sshd": [22], "ftp": [21], "vsftpd": [21], "proftpd": [21], "pure-ftpd": [21],
    "dovecot": [110, 143, 993, 995], "imap": [143, 993], "pop3": [110, 995],
    "smtp": [25, 465, 587], "postfix": [25, 465, 587], "exim": [25, 465, 587],
    "nginx": [80, 443], "apache2": [80, 443], "httpd": [80, 443], "cockpit": [9090],
    "webmin": [10_000], "openvpn": [1194], "xrdp-sesman": [3389], "samba": [139, 445],
    "postgresql": [5432], "mysql": [3306], "ocserv": [443], "squid": [3128],
  ]

  public init() {}

  /// None if the service isn't known here.
  public subscript(_ service: Name) -> [UInt16] {
    get { ports[String(decoding: service.bytes, as: UTF8.self)] ?? [] }
    set { ports[String(decoding: service.bytes, as: UTF8.self)] = newValue }
  }

  /// All ports of all services, each once, the lowest first.
  public var all: [UInt16] { Set(ports.values.joined()).sorted() }
}
