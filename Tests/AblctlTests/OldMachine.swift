import Glibc
import Testing

@testable import Administration

/// ablctl under the name of the old tool, and the old tool itself.
extension Machine {
  /// Runs ablctl as `pam_abl`, with this configuration as its last word.
  func pamAbl(_ arguments: String..., environment: [String] = []) -> Ended {
    pamAbl(arguments.map { Array($0.utf8) } + [Array(config.utf8)], environment: environment)
  }

  /// Runs ablctl as `pam_abl`.
  func pamAbl(_ arguments: [[UInt8]], environment: [String] = []) -> Ended {
    let link = directory + "/pam_abl"
    if access(link, F_OK) != 0 { symlink(Machine.program, link) }
    return Machine.spawn(link, arguments, environment: environment + ["TZ=UTC"])
  }

  /// Runs a script of sh, with the words behind it as `$1` and so on.
  @discardableResult
  static func shell(_ script: String, _ words: String..., path: String = "/usr/bin:/bin:/usr/sbin")
    -> Ended
  {
    spawn(
      "/bin/sh", (["-c", "set -e; " + script, "sh"] + words).map { Array($0.utf8) },
      environment: ["PATH=" + path, "LC_ALL=C", "TZ=UTC"])
  }
}

/// The command of Debian's libpam-abl 0.6.0, unpacked, not installed.
enum RealPamAbl {
  /// Nil where the package can't be had.
  static let program: String? = fetched(["libpam-abl"], "usr/bin/pam_abl")
  /// Debian's kchashmgr, with its libraries, in a wrapper; nil where it can't be had.
  static let kchashmgr: String? = fetched(
    ["kyotocabinet-utils", "libkyotocabinet16v5", "liblzo2-2"], "usr/bin/kchashmgr")

  static let reason: Comment = "needs Debian's libpam-abl 0.6.0 (apt-get download) and db5.3-util"

  private static let store: String = {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    return root + "/.build/support/debian"
  }()

  private static func fetched(_ packages: [String], _ file: String) -> String? {
    let directory = store + "/" + packages[0]
    let path = directory + "/" + file
    if access(path, X_OK) != 0 {
      let script = """
        rm -rf "$1" "$1.new"; mkdir -p "$1.new"; cd "$1.new"; apt-get -qq download $2
        for package in *.deb; do dpkg -x "$package" .; done; rm ./*.deb; mv "$1.new" "$1"
        """
      Machine.shell(script, directory, packages.joined(separator: " "))
    }
    return access(path, X_OK) == 0 ? path : nil
  }

  static var hasDump: Bool { access("/usr/bin/db5.3_dump", X_OK) == 0 }
}
