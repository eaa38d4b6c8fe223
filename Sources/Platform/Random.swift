internal import CSystem

/// Numbers that can't be foretold.
public enum Random {
  /// From the kernel; from the clocks and the process number should the kernel have none yet (early
  /// boot).
  public static var number: UInt64 {
    var value: UInt64 = 0
    let size = MemoryLayout<UInt64>.size
    let got = unsafe withUnsafeMutableBytes(of: &value) {
      unsafe getrandom($0.baseAddress, size, UInt32(GRND_NONBLOCK))
    }
    guard got != size else { return value }
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) << 32
      ^ UInt64(truncatingIfNeeded: time.tv_nsec) << 16 ^ UInt64(truncatingIfNeeded: getpid())
  }
}
