import Foundation
import Harness

/// Whether Debian's broker and its clients are there.
let hasBroker = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto_pub"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: $0)
}

/// Machines with a network of their own: whether there can be any, and what is needed for it.
let hasMachines = Sandbox.isAvailable && hasBroker
let machinesNeed = "needs root, and mosquitto: apt-get install mosquitto mosquitto-clients"

/// Runs a script for which the functions of Tests/Support/fleet_lib.sh are at hand.
func runMachines(_ script: String) throws -> Ended {
  let programs = Repository.program("abld").split(separator: "/").dropLast().joined(separator: "/")
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
