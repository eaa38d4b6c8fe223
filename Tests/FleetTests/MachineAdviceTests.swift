import Harness
import Testing

/// Likewise, beside CrowdSec, and with lists that others have made.
@Suite(
  "Machines hear of CrowdSec, and of lists",
  .enabled(if: hasMachines, Comment(rawValue: machinesNeed)), .serialized)
struct MachineAdviceTests {
  @Test(
    "a decision of CrowdSec is advice, of a name that no broker can speak for; a deleted one ends")
  func crowdSec() throws {
    let run = try runMachines(
      """
      make_site m1
      mkdir "$FLEET/lapi"
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lapi \\
        -addext subjectAltName=IP:10.77.1.1 -keyout "$FLEET/lapi/server.key" -out "$FLEET/lapi/server.crt" 2>/dev/null
      echo secret >"$FLEET/lapi/key"
      # It reads them at any time.
      put() { cat >"$FLEET/lapi/new" && mv "$FLEET/lapi/new" "$FLEET/lapi/$1"; }
      ban() { echo '{"id":'$1',"type":"ban","scope":"Ip","value":"'$2'","duration":"1h","origin":"cscli"}'; }
      echo '{"new":['$(ban 1 10.77.9.9),$(ban 2 10.77.9.8),$(ban 3 10.77.0.11)'],"deleted":null}' >"$FLEET/lapi/whole"
      stay_on broker1 python3 '\(Repository.file("Tests/Support/lapi.py"))' "$FLEET/lapi" 10.77.1.1 8080 >/dev/null &
      lapi=$!
      MACHINE_RULES=$'host_rule = *:3/1h\\nhost_whitelist = 10.77.9.8'
      printf secret >"$FLEET/m1.key"
      chown root:abl "$FLEET/m1.key"
      chmod 640 "$FLEET/m1.key"
      chmod 755 "$FLEET" "$FLEET/lapi"
      make_machine m1 'crowdsec_url = https://10.77.1.1:8080' "crowdsec_ca = $FLEET/lapi/server.crt" \\
        "crowdsec_key_file = $FLEET/m1.key" 'crowdsec_interval = 5s'
      await denied asks m1 10.77.9.9
      await in kernel m1 10.77.9.9
      for host in 10.77.9.8 10.77.0.11; do asks m1 $host; kernel m1 $host; done
      ctl m1 explain 10.77.9.9 | grep -o 'by advice of crowdsec:lapi'
      # What peers tells is written twice a second.
      heard() { ctl m1 peers | grep -c '^crowdsec:lapi ' || true; }
      await 1 heard
      echo '{"new":null,"deleted":['$(ban 1 10.77.9.9)']}' | put delta
      await ok asks m1 10.77.9.9
      await out kernel m1 10.77.9.9
      echo '{"new":['$(ban 4 10.77.9.7)'],"deleted":[]}' | put delta
      await denied asks m1 10.77.9.7
      # Without the API what is known holds, and why it can't be asked is told.
      kill -9 $lapi
      tells() { ctl m1 peers | grep -c "CrowdSec can't be asked, cannot connect" || true; }
      await 1 tells
      asks m1 10.77.9.7
      cat "$FLEET/m1/courier.log" "$FLEET/m1/abld.log" | grep -c secret || true
      """)
    #expect(
      run.lines == [
        "ok", "out", "ok", "out", "by advice of crowdsec:lapi", "denied", "0",
      ], "\(run)")
  }

  @Test(
    "CrowdSec's decisions hold where no broker is named, and survive a new abld and a new courier")
  func crowdSecAlone() throws {
    let run = try runMachines(
      """
      make_site m1
      end_broker 1
      end_broker 2
      mkdir "$FLEET/lapi"
      echo secret >"$FLEET/lapi/key"
      echo '{"new":[{"id":1,"type":"ban","scope":"Ip","value":"10.77.9.9","duration":"1h","origin":"cscli"}],"deleted":null}' \
        >"$FLEET/lapi/whole"
      printf secret >"$FLEET/m1.key"
      chown root:abl "$FLEET/m1.key"
      chmod 640 "$FLEET/m1.key"
      chmod 755 "$FLEET"
      make_machine m1
      end_courier m1
      end_abld m1
      printf '%s\n' 'fleet_machine = m1' 'crowdsec_url = http://127.0.0.1:8080' "crowdsec_key_file = $FLEET/m1.key" \
        'crowdsec_interval = 5s' >"$FLEET/m1/etc/abl/fleet.conf"
      rm -r "$FLEET/m1/etc/abl/fleet"
      stay_on m1 python3 '\(Repository.file("Tests/Support/lapi.py"))' "$FLEET/lapi" 127.0.0.1 8080 >/dev/null &
      start_abld m1
      start_courier m1
      await denied asks m1 10.77.9.9
      await in kernel m1 10.77.9.9
      asks m1 10.77.9.8
      ctl m1 explain 10.77.9.9 | grep -o 'by advice of crowdsec:lapi'
      named() { ctl m1 peers | grep -c '^crowdsec:lapi ' || true; }
      await 1 named
      ctl m1 peers | grep -c '^certificate' || true
      told() { ctl m1 status | grep -c 'fleet  *m1 shares with 1 other machine; 1 of 1 broker connected; 1 block of' || true; }
      await 1 told
      # A new abld hears it again of the courier, a new courier of the API.
      end_abld m1
      rm "$FLEET/m1/lib/fleet.mdb"
      asks m1 10.77.9.9
      start_abld m1
      await denied asks m1 10.77.9.9
      end_courier m1
      echo '{"new":[],"deleted":null}' >"$FLEET/lapi/whole"
      start_courier m1
      await ok asks m1 10.77.9.9
      await out kernel m1 10.77.9.9
      """)
    #expect(
      run.lines == [
        "ok", "by advice of crowdsec:lapi", "0", "ok",
      ], "\(run)")
  }

  @Test(
    "a list of others is advice with and without a fleet: what is allowed or known wins, and it ends"
  )
  func lists() throws {
    let run = try runMachines(
      """
      MACHINE_RULES=$'host_rule = *:3/1h\nhost_whitelist = 203.0.113.7'
      make_site m1 m2
      for name in m1 m2; do make_machine $name; done
      # m2 shares with no other machine from now on.
      end_courier m2
      end_abld m2
      rm -r "$FLEET/m2/etc/abl/fleet.conf" "$FLEET/m2/etc/abl/fleet"
      start_abld m2
      printf '203.0.113.%s\n' 7 8 9 >"$FLEET/drop.txt"
      printf '%s\n' 198.51.100.0/24 10.77.0.12 >>"$FLEET/drop.txt"
      import() { local name=$1; shift; ctl $name import blocklist "$FLEET/drop.txt" "$@" 2>/dev/null | cut -d' ' -f1-6; }
      import m2 --for 1h
      for host in 203.0.113.8 203.0.113.9 198.51.100.77; do await denied asks m2 $host; done
      await in kernel m2 203.0.113.8
      await in kernel m2 198.51.100.0
      asks m2 203.0.113.7
      kernel m2 203.0.113.7
      ctl m2 explain 203.0.113.8 | grep -o 'by advice of list:drop'
      # What peers tells is written twice a second.
      tells() { ctl $1 peers | grep -o "list  .*drop: $2" || true; }
      await 'list         drop: 4 sources' tells m2 '4 sources'
      left() { ctl m2 peers | grep -o '1 left out: the address is allowed here' || true; }
      await '1 left out: the address is allowed here' left
      holds() { ctl m2 status | grep -c 'list (drop); 3 blocks of it in force' || true; }
      await 1 holds
      ctl m2 peers --json | python3 -c "
      import json, sys
      schema = json.load(open('\(Repository.file("docs/ablctl.schema.json"))'))['\\$defs']['peers']
      told = json.load(sys.stdin)
      print(set(told) == set(schema['required']), told['machine'] == '', told['lists'][0]['leftOut'])"
      # It is no evidence, and an allow by hand wins at once, of one address in a network of it, too.
      ctl m2 list --blocked | grep -cE '203|198' || true
      ctl m2 allow 203.0.113.9 >/dev/null
      ctl m2 allow 198.51.100.5 >/dev/null
      for host in 203.0.113.9 198.51.100.5; do await ok asks m2 $host; done
      await out kernel m2 203.0.113.9
      await out kernel m2 198.51.100.0
      # Without abld it goes on to hold, and a new abld knows it.
      end_abld m2
      asks m2 203.0.113.8
      rm "$FLEET/m2/lib/fleet.mdb"
      asks m2 203.0.113.8
      start_abld m2
      await denied asks m2 203.0.113.8
      # A list of the same name takes its place; each ends by itself, or is ended.
      echo 203.0.113.20 >"$FLEET/drop.txt"
      import m2 --for 1h
      await denied asks m2 203.0.113.20
      await ok asks m2 203.0.113.8
      echo 203.0.113.21 >"$FLEET/drop.txt"
      import m2 --for 20s --as short
      await denied asks m2 203.0.113.21
      await ok asks m2 203.0.113.21
      shown() { ctl m2 peers | grep -c '^list' || true; }
      await 1 shown
      ctl m2 import blocklist --end drop
      await ok asks m2 203.0.113.20
      await out kernel m2 203.0.113.20
      # One that can't be read is told, and holds up no other.
      echo 203.0.113.22 >"$FLEET/drop.txt"
      head -c 100000 /dev/urandom >"$FLEET/m2/lib/lists/list-bad"
      import m2 --as good
      await denied asks m2 203.0.113.22
      grep -c "a list doesn't hold: '/var/lib/abl/lists/list-bad' is no list" "$FLEET/m2/abld.log"
      # Beside machines it is this machine's own: m1's is not m2's, and holds without a broker, after a boot.
      import m1 --for 1h
      await denied asks m1 203.0.113.22
      await 'list         drop: 1 source' tells m1 '1 source'
      end_broker 1
      end_broker 2
      end_abld m1
      rm "$FLEET/m1/lib/fleet.mdb"
      start_abld m1
      await denied asks m1 203.0.113.22
      """)
    #expect(
      run.lines == [
        "list drop: 4 sources are advice", "ok", "out", "by advice of list:drop",
        "True True [{'reason': 'allowed', 'count': 1}]", "0", "denied", "ok",
        "list drop: 1 source is advice", "list short: 1 source is advice", "list drop: ended",
        "list good: 1 source is advice", "1", "list drop: 1 source is advice",
      ], "\(run)")
  }
}
