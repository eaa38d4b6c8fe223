import Harness
import Testing

/// What strangers can't lock: a user at home, and an account that another user guesses at by su.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct HomeTests {
  /// Two networks beside this one, with links of IPv4 and IPv6: the user's own, and of strangers, a
  /// /24 or a /48 for each. A guess or a login is `at NETWORK WAY PASSWORD SOURCE...`, all at once.
  private static let networks = """
    declare -A holder server
    inside() { nsenter -t "${holder[$1]}" -n -- "${@:2}"; }
    new_network() { # NAME SERVER4/LENGTH SERVER6/LENGTH
      unshare --net sleep 1000 & holder[$1]=$!
      local net=/proc/$!/ns/net
      until [ "$(readlink $net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      ip link add "$1" type veth peer name there netns "${holder[$1]}"
      ip link set "$1" up
      ip addr add "$2" dev "$1" && ip addr add "$3" dev "$1" nodad
      inside "$1" ip link set lo up && inside "$1" ip link set there up
      server[$1 4]=${2%/*} server[$1 6]=${3%/*}
    }
    address() { # NETWORK ADDRESS/LENGTH
      local nodad=
      case $2 in *:*) nodad=nodad ;; esac
      inside "$1" ip addr add "$2" dev there $nodad
    }
    at() { # NETWORK WAY PASSWORD SOURCE...
      local network=$1 step="$2:target:$3" family=4 sources said
      shift 3
      case $1 in *:*) family=6 ;; esac
      sources="$*" said=$ABL_TEST_DIR/said-$network-$family
      inside "$network" "$ABL_SUPPORT/sshclient.py" --parallel $# "${server[$network $family]}" \\
        "$ABL_PORT" "${sources// /,}" "$step" >"$said" 2>&1 || true
      cut -d' ' -f$(($# > 1 ? 3 : 2)) "$said" | sort | uniq -c | xargs
    }
    six() { printf '2001:db8:1%02x::1\\n' "$@"; }
    new_network home 192.0.2.1/24 2001:db8:1::1/48
    for number in {7..21}; do
      address home 192.0.2.$number/24 && address home 2001:db8:1:$number::1/48
    done
    new_network world 198.51.100.1/24 2001:db8:f::1/64
    address world 198.51.100.2/24 && address world 2001:db8:f::2/64
    ip route add 10.20.0.0/16 dev world && ip route add 2001:db8:100::/40 dev world
    for number in $(seq $strangers) 250; do
      address world 10.20.$number.1/32 && address world $(six $number)/128
    done
    listen=$(printf 'ListenAddress %s\\n' "${server[@]}")

    """

  @Test("strangers in other networks lock a user out for strangers only; a thief has ten guesses")
  func home() throws {
    let each = Effort.count(24, long: 100)
    let run = try Sandbox.run(
      "strangers=\(each)\n" + Self.networks + """
        install_abl "$ABL_BUILD" 'host_rule = *:10/1h' 'user_rule = !root:10/1h' 'user_known = 30d'
        protect required testcheck sshd
        MAX_AUTH_TRIES=100 start_sshd "$ABL_PORT" "$listen" >/dev/null
        # Logins that are to be known wait in the table for the next failure that goes into the store.
        # sshd lets its client know first, and remembers it then: no later than the connection's end.
        known() {
          await 0 connections
          slots | grep -c '^succeeded ' || true
        }
        everywhere() { # NETWORK SOURCE4 SOURCE6
          for way in pw kbd; do at $1 $way right $2; at $1 $way right $3; done | xargs
        }
        at_home() { everywhere home 192.0.2.8 2001:db8:1:8::1; }

        forget_syncs
        echo "first $(at home pw right 192.0.2.7) $(at home kbd right 2001:db8:1:7::1), $(known)"
        echo "that day $(at_home) $(at_home), $(known)"
        advance_clock 90000
        echo "next day $(at home pw right 192.0.2.7), $(known) $(at home pw right 192.0.2.8), $(known)"
        echo "syncs $(sync_count)"

        at world pw wrong $(for number in $(seq $strangers); do echo 10.20.$number.1; done) \\
          >"$ABL_TEST_DIR/v4" & first=$!
        at world kbd wrong $(six $(seq $strangers)) >"$ABL_TEST_DIR/v6" & wait $first $!
        echo "strangers $(cat "$ABL_TEST_DIR/v4" "$ABL_TEST_DIR/v6" | xargs), judged $(judged wrong)"
        echo "outside $(everywhere world 10.20.250.1 $(six 250)), $(standing -U target)"
        echo "home $(at_home)"

        echo "thief $(at home kbd wrong 192.0.2.{11..21}), judged $(judged wrong)"
        echo "home $(at_home)"
        echo "thief $(at home pw wrong 2001:db8:1:{11..21}::1), judged $(judged wrong)"
        echo "home $(at_home)"
        advance_clock 7200
        echo "later $(at_home)"

        advance_clock $((31 * 86400))
        echo "strangers $(at world pw wrong 10.20.{1..12}.1), judged $(judged wrong)"
        echo "not known $(at_home)"
        stop_sshd "$ABL_PORT"
        kill "${holder[@]}"
        """, patience: 1200)
    let (admitted, denied) = ("1 ok 1 ok 1 ok 1 ok", "1 denied 1 denied 1 denied 1 denied")
    #expect(
      run.lines == [
        "first 1 ok 1 ok, 2", "that day \(admitted) \(admitted), 2",
        "next day 1 ok, 3 1 ok, 3", "syncs 0",
        "strangers \(each) denied \(each) denied, judged 10",
        "outside \(denied), blocked", "home \(admitted)",
        "thief 11 denied, judged 20", "home 1 denied 1 ok 1 denied 1 ok",
        "thief 11 denied, judged 30", "home \(denied)", "later \(admitted)",
        "strangers 12 denied, judged 40", "not known \(denied)",
      ], "\(run)")
  }

  @Test("a user who guesses at others by su is refused, and no account is") func caller() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = !root:10/1h' 'caller_rule = *:10/1h'
      protect requisite testcheck su sudo sshd
      guard_sshd
      for number in {1..12}; do try su target wrong >/dev/null; done
      echo "judged $(judged wrong) $(standing -U target)"
      echo "su $(try su target right) sudo $(try sudo caller right)"
      echo "ssh $(try pw target right 127.0.0.2) $(try pw caller right 127.0.0.2)"
      echo 'target ALL=(ALL:ALL) ALL' >/etc/sudoers.d/target && chmod 440 /etc/sudoers.d/target
      echo "own su $(su_try target guest right) sudo $(try sudo target right)"
      ablctl list callers --json
      advance_clock 3601
      echo "later $(try su target right)"
      """)
    #expect(
      Array(run.lines.prefix(4)) == [
        "judged 10 clear", "su denied sudo denied", "ssh ok ok", "own su ok sudo ok",
      ], "\(run)")
    #expect(run.lines.last == "later ok", "\(run)")
    #expect(run.lines[4].contains(#""kind":"caller""#), "\(run)")
  }

  @Test("who runs su is the account's own user, however that is spelled") func spelled() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = !root:3/1h' 'caller_rule = *:10/1h' 'user_case = ignore' \
        'user_domain = strip'
      protect requisite testcheck su
      cp "$ABL_SUPPORT/pamdrive" "$ABL_SUPPORT/borrowed" && chmod 4755 "$ABL_SUPPORT/borrowed"
      borrowed() {
        as_user caller "$ABL_SUPPORT/borrowed" --no-delay --quiet --service su --user "$1" auth:wrong
      }
      for user in TARGET target; do borrowed "$user"; done
      echo "another $(judged wrong) $(recorded target)"
      for user in CALLER 'CORP%5Ccaller' caller@corp.example caller; do borrowed "$user"; done
      echo "own $(judged wrong) $(recorded caller) $(standing -U caller)"
      """)
    #expect(run.lines == ["another 2 0", "own 5 3 blocked"], "\(run)")
  }
}
