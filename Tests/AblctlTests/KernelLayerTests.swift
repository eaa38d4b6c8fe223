import Daemon
import Policy
import Testing
import Text

@testable import Administration

private func state(_ change: (inout PublishedState) -> Void = { _ in }) -> PublishedState {
  var state = PublishedState()
  (state.isFirewallOn, state.blocks) = (true, 7)
  change(&state)
  return state
}

@Suite struct KernelLayerTests {
  @Test(
    "says in one line what abld does",
    arguments: [
      (.absent, "abld doesn't run: PAM alone blocks"),
      (.ended(state { $0.blocks = 0 }), "abld has ended: PAM alone blocks"),
      (
        .ended(state()), "abld has ended: PAM alone blocks; what it gave the kernel runs to its end"
      ),
      (.running(state()), "abld runs: the kernel has 7 blocks"),
      (
        .running(state { $0.isFirewallOn = false }),
        "abld runs, and leaves the kernel alone (firewall = off)"
      ),
      (
        .running(state { ($0.isFirewallOn, $0.storeTrouble) = (false, "cannot look") }),
        "abld runs, and leaves the kernel alone (firewall = off); but cannot look"
      ),
      (
        .running(state { ($0.rebuilds, $0.meddler) = (1, "'nft' (process 5)") }),
        "abld runs: the kernel has 7 blocks; made anew 1 time, last because of 'nft' (process 5)"
      ),
      (.running(state { $0.trouble = "cannot do it" }), "abld runs, but cannot do it"),
      (
        .running(
          state {
            ($0.leftOut, $0.exempt, $0.portless, $0.rebuilds) = (1, 2, 3, 4)
            $0.meddler = "'nft' (process 5)"
          }),
        "abld runs: the kernel has 7 blocks; no room for 1 host; 2 hosts never blocked there; "
          + "3 hosts without a known port; made anew 4 times, last because of 'nft' (process 5)"
      ),
    ] as [(DaemonPresence, String)]) func sentences(_ row: (presence: DaemonPresence, text: String))
  {
    #expect(KernelLayer(row.presence).sentence == row.text)
  }

  @Test("has nothing to say of a host where abld never ran, and waits for nothing") func absent()
    throws
  {
    let layer = KernelLayer(.absent)
    let address = try #require(HostAddress(parsing: Array("192.0.2.7".utf8)[...]))
    #expect(layer.sentence(on: address, isBlocked: true) == nil)
    #expect(KernelRelease(layer).await([address]).isEmpty)
    #expect(layer.word == "absent" && layer.blocks == nil && !layer.isFollowing)
  }
}
