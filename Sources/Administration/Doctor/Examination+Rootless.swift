internal import BlockList
internal import Daemon
internal import Platform
internal import Policy
internal import Text

/// Programs that judge others without being root: they can't open the store, and ask abld.
extension Examination {
  /// By their services, the users that they run as on Debian.
  private static let users = [
    "apache2": "www-data", "httpd": "www-data", "nginx": "www-data", "squid": "proxy",
    "mysql": "mysql", "mariadb": "mysql", "postgresql": "postgres",
  ]

  /// Those that have our line, and no right to ask.
  func rootless(
    _ examined: [StackExamination], _ configurations: inout LineConfigurations
  ) -> [Finding] {
    let settings = LoadedSettings(file: files.path(Settings.defaultFile.bytes)).settings
    let granted = settings.servesAPI ? Self.granted(settings) : []
    return examined.compactMap { service -> Finding? in
      guard let user = Self.users[service.service], !granted.contains(service.service),
        let line = service.ownLines.first
      else { return nil }
      // One with a store of its own needs no socket.
      let configuration = configurations.configuration(of: line).configuration
      guard configuration.databaseHome == Configuration().databaseHome else { return nil }
      let name = service.service.quotedName
      return Finding(
        .doubt, .rootless, at: line.place,
        "the program of \(name) is hardly root, and abld lets no user report for it: "
          + "its logins are left to the rest of the stack",
        "put 'report = \(user):\(service.service)' into /etc/abl/abld.conf, and reload abld; "
          + "see docs/services.md")
    }
  }

  /// The services that some user may report for.
  private static func granted(_ settings: Settings) -> Set<String> {
    let services = settings.reporters.flatMap { entry in
      String(entry).split(separator: ":").dropFirst().joined().split(separator: ",")
    }
    return Set(services.map { String($0.filter { !$0.isWhitespace }) })
  }
}
