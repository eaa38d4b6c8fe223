import Glibc

/// Makes a program believe that it is later than it is.
struct Later {
  /// To be set for the program.
  let environment: [String]

  struct NoShim: Error {
    let reason: String
  }

  init(seconds: Int, _ machine: Machine) throws {
    let clock = machine.directory + "/clock"
    Machine.write("\(seconds)\n", to: clock)
    environment = ["LD_PRELOAD=\(try Later.shim.get())", "ABL_TEST_CLOCK=\(clock)"]
  }

  /// Tests/Support/testshim.c, built.
  private static let shim: Result<String, NoShim> = {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let shim = root + "/.build/support/testshim.so"
    if access(shim, R_OK) == 0 { return .success(shim) }
    let words = [root + "/Tests/Support/build"].map { Array($0.utf8) }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let built = Machine.spawn("/bin/sh", words, environment: ["PATH=" + path])
    return access(shim, R_OK) == 0 ? .success(shim) : .failure(NoShim(reason: built.error))
  }()
}
