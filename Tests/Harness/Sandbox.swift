import Foundation

/// Runs scripts of bash where nothing they do to the machine stays.
///
/// In a script the functions of Tests/Support/sandbox_lib.sh and abl_lib.sh are at hand, and
/// `$ABL_BUILD` is where pam_abl.so and ablctl are. A script ends at the first command that fails,
/// and then the test fails too.
public enum Sandbox {
  /// Only root can make one; without root there is `runWithoutRoot`.
  public static let isAvailable = geteuid() == 0

  /// Why a test that needs one is skipped.
  public static let reason = "needs root, for a system of its own to try things in"

  /// Runs `script` as root, with the clock and the log of Tests/Support/testshim.c and a network of
  /// its own.
  ///
  /// - Parameter patience: seconds.
  public static func run(_ script: String, patience: Int = 600) throws -> Ended {
    let sandbox = Repository.file("Tests/Support/sandbox")
    return try succeed(["--shim", "--net", "bash", "-c", prelude + script], in: sandbox, patience)
  }

  /// Runs `script` as an ordinary user, under libpam_wrapper: as who runs the tests, or as `guest`
  /// of a sandbox.
  public static func runWithoutRoot(_ script: String, patience: Int = 600) throws -> Ended {
    guard isAvailable else {
      let sandbox = Repository.file("Tests/Support/sandbox_user")
      return try succeed(["bash", "-c", prelude + script], in: sandbox, patience)
    }
    let sandbox = Repository.file("Tests/Support/sandbox")
    let arguments = ["--net", "bash", "-c", handOver, "hand-over", prelude + script]
    return try succeed(arguments, in: sandbox, patience)
  }

  private static func succeed(
    _ arguments: [String], in sandbox: String, _ patience: Int
  ) throws -> Ended {
    let environment = [
      "ABL_BUILD": Repository.build.path,
      "ABL_LIBRARY": Repository.file("Tests/Support/abl_lib.sh"),
      "ABL_STORETOOL": Repository.program("storetool"),
      // Where no network of its own keeps sshds apart.
      "ABL_PORT": String(Loopback.freePort),
    ]
    let outcome = try Command(
      sandbox, arguments, environment: environment, patience: patience
    ).run()
    guard outcome.status == 0 else { throw Failure(outcome: outcome) }
    return outcome
  }

  /// A script, or the sandbox, has failed.
  private struct Failure: Error, CustomStringConvertible {
    let outcome: Ended

    var description: String { outcome.description }
  }

  private static let prelude = """
    set -euo pipefail
    . "$ABL_SUPPORT/sandbox_lib.sh"
    . "$ABL_LIBRARY"

    """

  /// What guest may not read where it lies is copied to where he may.
  private static let handOver = """
    set -euo pipefail
    . "$ABL_SUPPORT/sandbox_lib.sh"
    mkdir -p "$ABL_SUPPORT/build/pam" "$ABL_SUPPORT/build/release"
    cp "$ABL_LIBRARY" "$ABL_SUPPORT/"
    cp "$ABL_BUILD/pam/pam_abl.so" "$ABL_SUPPORT/build/pam/"
    cp "$ABL_BUILD/release/ablctl" "$ABL_SUPPORT/build/release/"
    chmod -R a+rX "$ABL_SUPPORT"
    ABL_LIBRARY=$ABL_SUPPORT/abl_lib.sh ABL_BUILD=$ABL_SUPPORT/build \\
      as_user guest "$ABL_SUPPORT/sandbox_user" bash -c "$1"
    """
}
