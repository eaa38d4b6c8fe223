import Foundation

/// Whether Debian's broker and its clients are there.
let hasBroker = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto_pub"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: $0)
}
