import Harness

/// Tests that are scripts: of machines with a network, a store, an abld, a courier and an sshd of their
/// own.
protocol MachineScripts {}

extension MachineScripts {
  /// Runs a script for which the functions of Tests/Support/fleet_lib.sh are at hand.
  func run(_ script: String) throws -> Ended {
    let programs = Repository.program("abld").split(separator: "/").dropLast().joined(
      separator: "/")
    return try Sandbox.run(
      """
      . '\(Repository.file("Tests/Support/fleet_lib.sh"))'
      FLEET_PROGRAMS='/\(programs)'
      cp "$ABL_BUILD/pam/pam_abl.so" "$ABL_SUPPORT/"
      chmod 755 "$ABL_SUPPORT/pam_abl.so"
      trap 'tail -n 20 $FLEET/*/abld.log $FLEET/*/courier.log >&2' ERR
      \(script)
      """)
  }
}
