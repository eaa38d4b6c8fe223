internal import CSystem
internal import Text

/// The time from one boot of the machine to the next.
public enum Boot {
  /// The name that the kernel has given it, 36 letters; empty where that can't be read
  /// (random(4), `/proc/sys/kernel/random/boot_id`).
  public static var id: [UInt8] { (try? read()) ?? [] }

  /// Likewise, and says why it can't be read.
  public static func read() throws(SystemError) -> [UInt8] {
    let file = try File("/proc/sys/kernel/random/boot_id", .read)
    let id = try file.read(36)
    guard id.count == 36 else { throw SystemError(.read, file.path, ENODATA) }
    return id
  }
}
