# fleet_lib.sh: machines that share, each with a network, a store, an abld, a courier and an sshd of its own, and two mosquittos that
# don't know each other; beside sandbox_lib.sh and abl_lib.sh, in `sandbox` (root).
#
#   FLEET_PROGRAMS=DIRECTORY           where abld, abl-courier and ablctl are
#   make_site NAME...                  the bridge, the authority, both brokers, an operator's key, and certificates for NAMEs
#   make_machine NAME [SETTING...]     a machine: mK is 10.77.0.1K, and its sshd listens at port 220K; SETTINGs go to fleet.conf.
#                                      Its configuration has $MACHINE_RULES; $MACHINE_SETTINGS go to abld.conf.
#   start_abld NAME, start_courier NAME, end_abld NAME, kill_abld NAME, end_courier NAME
#   start_broker 1|2, end_broker 1|2   with the configuration of ablctl fleet, changed by $BROKER_CHANGES, a script of sed
#   connected NAME                     how many brokers it says that it is connected to
#   on NAME COMMAND...                 runs it on a machine, or on attacker (10.77.9.9, and what add_address gives it)
#   add_address ADDRESS                another address of the attacker
#   guess NAME ADDRESS PASSWORD        one login at the sshd of a machine, from there: ok, denied, or closed where no connection comes
#   asks NAME ADDRESS                  what libpam says to a right password from there: ok or denied
#   fails NAME ADDRESS [COUNT]         so many wrong passwords, by libpam
#   kernel NAME ADDRESS                in or out: whether the machine's kernel keeps the address away
#   knows NAME ADDRESS                 advised, or not: what ablctl says of the fleet's advice
#   hears NAME OTHER                   1 once it has heard of the other machine, else 0

FLEET=/run/abl-test/fleet
MACHINE_RULES='host_rule = *:3/1h'
MACHINE_SETTINGS=
BROKER_CHANGES=
declare -A namespace

ctl() { # NAME COMMAND...
    local name=$1
    shift
    on "$name" "$FLEET_PROGRAMS/ablctl" "$@"
}

on() { # NAME COMMAND...
    local name=$1
    shift
    nsenter -t "${namespace[$name]}" -n -m -- "$@"
}

# Likewise in the background, as a process of its own: $! is its number.
stay_on() { # NAME COMMAND...
    local name=$1
    shift
    exec nsenter -t "${namespace[$name]}" -n -m -- "$@"
}

make_network() { # NAME ADDRESS
    local process
    unshare --net --mount --propagation private sleep 100000 &
    process=$!
    namespace[$1]=$process
    until [ "$(readlink "/proc/$process/ns/net")" != "$(readlink /proc/$$/ns/net)" ] && [ "$(cat "/proc/$process/comm")" = sleep ]; do
        sleep 0.02
    done
    ip link add "v-$1" type veth peer name eth0 netns "$process"
    ip link set "v-$1" master fleet up
    on "$1" sh -ec "ip link set lo up; ip addr add $2/16 dev eth0; ip link set eth0 up"
}

make_site() { # NAME...
    local number
    # Whom the courier becomes, and whose group may read a machine's key.
    id abl >/dev/null 2>&1 || useradd --system --user-group -M -s /usr/sbin/nologin abl
    mkdir -p "$FLEET"
    ip link add fleet type bridge
    ip link set fleet up
    (cd "$FLEET" && "$FLEET_PROGRAMS/ablctl" fleet init --no-passphrase --directory ca 10.77.1.1 10.77.1.2 >/dev/null)
    (cd "$FLEET" && "$FLEET_PROGRAMS/ablctl" fleet issue --directory ca "$@" >/dev/null)
    ssh-keygen -q -N '' -t ed25519 -C anna -f "$FLEET/anna"
    ssh-keygen -q -N '' -t ed25519 -C mallory -f "$FLEET/mallory"
    echo "anna@example.org namespaces=\"abl-order\" $(cut -d' ' -f1,2 "$FLEET/anna.pub")" >"$FLEET/operators"
    make_network attacker 10.77.9.9
    for number in 1 2; do
        make_network "broker$number" "10.77.1.$number"
        mkdir "$FLEET/broker$number"
        "$FLEET_PROGRAMS/ablctl" fleet join --root "$FLEET/broker$number" "$FLEET/ca/machines/10.77.1.$number" >/dev/null
        start_broker $number
    done
}

start_broker() { # NUMBER
    local root=$FLEET/broker$1
    {
        echo "user root"
        echo "log_dest file $root/log"
        sed -e "s|/etc/mosquitto|$root/etc/mosquitto|" -e "$BROKER_CHANGES" "$root/etc/mosquitto/conf.d/abl.conf"
    } >"$root/conf"
    stay_on "broker$1" /usr/sbin/mosquitto -c "$root/conf" &
    echo $! >"$root/pid"
}

end_broker() { # NUMBER
    kill -9 "$(cat "$FLEET/broker$1/pid")"
    wait "$(cat "$FLEET/broker$1/pid")" 2>/dev/null || true
}

connected() { # NAME
    ctl "$1" peers | grep -c '^broker *connected$' || true
}

make_machine() { # NAME [SETTING...]
    local name=$1 root=$FLEET/$1 number=${1#m}
    shift
    mkdir -p "$root"/{etc/abl,security,abld}
    mkdir -m 700 -p "$root"/{lib,run,courier}
    chown abl:abl "$root/courier"
    make_network "$name" "10.77.0.1$number"
    printf '%s\n' "$MACHINE_RULES" >"$root/security/pam_abl.conf"
    printf '%s\n' "service_ports = sshd:220$number machine-$name:220$number" "$MACHINE_SETTINGS" >"$root/etc/abl/abld.conf"
    "$FLEET_PROGRAMS/ablctl" fleet join --root "$root" "$FLEET/ca/machines/$name" >/dev/null
    cp "$FLEET/operators" "$root/etc/abl/operators"
    printf '%s\n' "$@" >>"$root/etc/abl/fleet.conf"
    mkdir -p /etc/abl /var/lib/abl /var/lib/abl-courier /run/abl /run/abld
    touch /etc/security/pam_abl.conf
    on "$name" sh -ec "
        mount --bind $root/etc/abl /etc/abl
        mount --bind $root/lib /var/lib/abl
        mount --bind $root/courier /var/lib/abl-courier
        mount --bind $root/run /run/abl
        mount --bind $root/abld /run/abld
        mount --bind $root/security/pam_abl.conf /etc/security/pam_abl.conf"
    pam_service "machine-$name" "auth required $ABL_SUPPORT/pam_abl.so" "auth required $ABL_SUPPORT/pam_testcheck.so password=right" \
        "account required $ABL_SUPPORT/pam_testcheck.so"
    start_abld "$name"
    start_courier "$name"
}

# All machines have one sshd's stack: their configurations are their own.
start_machine_sshd() { # NAME
    local number=${1#m}
    pam_service sshd "auth required $ABL_SUPPORT/pam_abl.so" "auth required pam_unix.so nodelay" "account required pam_unix.so"
    [ -e "$ABL_TEST_DIR/host_key" ] || ssh-keygen -q -N '' -t ed25519 -f "$ABL_TEST_DIR/host_key"
    mkdir -p "$FLEET/$1/sshd"
    { echo "ListenAddress 10.77.0.1$number"; MAX_AUTH_TRIES=100 sshd_config "220$number" "$FLEET/$1/sshd"; } >"$FLEET/$1/sshd/config"
    on "$1" /usr/sbin/sshd -f "$FLEET/$1/sshd/config" -E "$FLEET/$1/sshd/log"
    wait_for_file "$FLEET/$1/sshd/pid"
}

start_abld() { # NAME
    stay_on "$1" "$FLEET_PROGRAMS/abld" --foreground 2>>"$FLEET/$1/abld.log" &
    echo $! >"$FLEET/$1/abld.pid"
}

start_courier() { # NAME
    stay_on "$1" "$FLEET_PROGRAMS/abl-courier" 2>>"$FLEET/$1/courier.log" &
    echo $! >"$FLEET/$1/courier.pid"
}

end_abld() { end_program "$1" abld TERM; }
# By a signal that can't be ignored: whoever runs the tests may have had others ignored.
end_courier() { end_program "$1" courier KILL; }
kill_abld() { end_program "$1" abld KILL; }

end_program() { # NAME PROGRAM SIGNAL
    kill "-$3" "$(cat "$FLEET/$1/$2.pid")"
    wait "$(cat "$FLEET/$1/$2.pid")" 2>/dev/null || true
}

add_address() { on attacker ip addr add "$1/16" dev eth0; }

guess() { # NAME ADDRESS PASSWORD
    local number=${1#m} answer
    answer=$(on attacker env ABL_CONNECT_PATIENCE=5 timeout -s KILL 120 \
        "$ABL_SUPPORT/sshclient.py" "10.77.0.1$number" "220$number" "$2" "pw:guest:$3" 2>/dev/null || true)
    case $answer in
    'connect failed TimeoutError'*) echo closed ;;
    *) echo "$answer" | cut -d' ' -f2 ;;
    esac
}

drive() { # NAME ADDRESS PASSWORD
    on "$1" "$ABL_SUPPORT/pamdrive" --no-delay --service "machine-$1" --user guest --rhost "$2" "auth:$3" 2>&1 || true
}

asks() { # NAME ADDRESS
    case $(drive "$1" "$2" right) in
    'auth 0 '*) echo ok ;;
    'auth 7 '*) echo denied ;;
    *) echo "odd: $(drive "$1" "$2" right)" ;;
    esac
}

fails() { # NAME ADDRESS [COUNT]
    local count
    for ((count = 0; count < ${3:-3}; count++)); do drive "$1" "$2" wrong >/dev/null; done
}

kernel() { # NAME ADDRESS
    local table
    table=$(on "$1" nft list table inet abl 2>/dev/null || true)
    if grep -qE "$2( \. [0-9]+)? timeout" <<<"$table"; then echo in; else echo out; fi
}

hears() { # NAME OTHER
    ctl "$1" peers --json 2>/dev/null | grep -c "\"name\":\"$2\",\"heard\":\"" || true
}

knows() { # NAME ADDRESS
    local said
    said=$(ctl "$1" explain "$2")
    if grep -q 'fleet: ' <<<"$said"; then echo advised; else echo not; fi
}
