internal import Courier
internal import Glibc
internal import SharingMQTT

/// What the courier needs of the configuration.
enum Settings {
  /// What the file says.
  static func fleet(_ file: String) throws(FleetConfigurationError) -> FleetConfiguration {
    try FleetConfiguration(parsing: try contents(of: file), file: file)
  }

  /// The brokers that are named, with what shows them which machine this is.
  static func brokers(
    of configuration: FleetConfiguration
  ) throws(FleetConfigurationError) -> [BrokerSettings] {
    var password: String?
    if let path = configuration.passwordFile {
      password = String(try contents(of: path).prefix { !$0.isNewline })
    }
    return configuration.brokers.map { place in
      var settings = BrokerSettings(
        host: place.host, port: place.port, authority: configuration.authority)
      if configuration.user == nil {
        (settings.certificate, settings.key) = (configuration.certificate, configuration.key)
      }
      (settings.user, settings.password) = (configuration.user, password)
      return settings
    }
  }

  /// At most a mebibyte of a file.
  private static func contents(of path: String) throws(FleetConfigurationError) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FleetConfigurationError(messages: ["cannot open '\(path)': \(Log.reason)"])
    }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    guard count >= 0 else {
      throw FleetConfigurationError(messages: ["cannot read '\(path)': \(Log.reason)"])
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
