import Harness
import Testing

/// Likewise, with an operator.
@Suite(
  "An operator's orders hold on all machines",
  .enabled(if: hasMachines, Comment(rawValue: machinesNeed)), .serialized)
struct MachineOrderTests {
  @Test("one order frees everywhere, and who comes back, too; one that isn't signed frees nobody")
  func orders() throws {
    let run = try runMachines(
      """
      make_site m1 m2 m3
      for name in m1 m2 m3; do make_machine $name; done
      # The machines know of one another.
      for name in m1 m2; do await 1 hears m3 $name; done
      fails m1 10.77.9.9
      fails m2 10.77.9.9
      for name in m1 m2 m3; do await denied asks $name 10.77.9.9; done
      ctl m3 unblock --everywhere --key "$FLEET/mallory" 10.77.9.9 2>&1 || echo refused
      asks m3 10.77.9.9
      # A machine that is away meanwhile.
      end_courier m2
      end_abld m2
      ctl m3 unblock --everywhere --key "$FLEET/anna" --wait 30 10.77.9.9
      for name in m1 m3; do await ok asks $name 10.77.9.9; await out kernel $name 10.77.9.9; done
      start_abld m2
      start_courier m2
      await ok asks m2 10.77.9.9
      await out kernel m2 10.77.9.9
      applied() { ctl m3 peers >/dev/null; grep ^order "$FLEET/m3/abld/fleet" | cut -f3,4 | tr '\\t' ' '; }
      await '3 3' applied
      # What fails from now on counts at once.
      fails m1 10.77.9.9
      asks m1 10.77.9.9
      """)
    #expect(
      run.lines == [
        "ablctl: the signature isn't the operator's: Could not verify signature.", "refused",
        "denied", "unblock host 10.77.9.9: applied on 2 of 3; not: m2", "denied",
      ], "\(run)")
  }

  @Test("an order keeps out and lets pass everywhere, the last word about a subject holds")
  func decrees() throws {
    let run = try runMachines(
      """
      make_site m1 m2
      for name in m1 m2; do make_machine $name; done
      # It waits for no longer than it takes, but for one that is away.
      order() { ctl m1 "$@" --everywhere --key "$FLEET/anna" --wait $patience; }
      patience=60
      # The machines know of one another.
      await 1 hears m1 m2
      await 1 hears m2 m1
      all() { for name in m1 m2; do await $1 asks $name $2; done; echo $1; }
      ctl m1 block --everywhere --key "$FLEET/mallory" --for 1h 10.77.9.0/24 2>&1 || echo refused
      ctl m1 block --everywhere --key "$FLEET/anna" 10.77.9.0/24 2>&1 | head -n 1 || true
      order block --for 1h --force 0.0.0.0/0 2>&1 || true
      asks m2 10.77.9.9
      order block --for 1h 10.77.9.0/24
      all denied 10.77.9.9
      order allow --for 2h --reason 'a guest' 10.77.9.9
      all ok 10.77.9.9
      ctl m2 list decrees | grep -o "by anna@example.org: 'a guest'"
      # One that is away hears both orders at once when it returns.
      patience=20
      end_courier m2
      end_abld m2
      order disallow 10.77.9.9
      order unblock 10.77.9.0/24
      ctl m2 check 10.77.9.8 >/dev/null && echo free || echo "still blocked: $?"
      start_abld m2
      start_courier m2
      all ok 10.77.9.8
      ctl m2 list decrees
      """)
    #expect(
      run.lines == [
        "ablctl: the signature isn't the operator's: Could not verify signature.", "refused",
        "Error: With --everywhere, give --for, 366 days at most; no other format goes with it.",
        "ablctl: '0.0.0.0/0' is every address: no machine carries out a block of it", "ok",
        "block network 10.77.9.0/24: applied on 2 of 2", "denied",
        "allow host 10.77.9.9: applied on 2 of 2", "ok", "by anna@example.org: 'a guest'",
        "disallow host 10.77.9.9: applied on 1 of 2; not: m2",
        "unblock network 10.77.9.0/24: applied on 1 of 2; not: m2", "still blocked: 2", "ok",
        "nothing is decreed",
      ], "\(run)")
  }
}
