# sandbox_lib.sh: what a test says inside `sandbox` (root) or `sandbox_user` (no root).   . "$ABL_SUPPORT/sandbox_lib.sh"
#
#   start_sshd PORT [LINE...]    Debian's sshd on 127.0.0.1 and ::1, with LINEs before its other configuration; prints the
#                                path of the pid file. Variables: SSHD_SERVICE (PAM service, default sshd), GRACE (LoginGraceTime, 300),
#                                MAX_AUTH_TRIES (6). Its log: $ABL_TEST_DIR/sshd-PORT/log
#   stop_sshd PORT|PIDFILE       ends it and its connections
#   pam_service NAME LINE...     writes the PAM service NAME
#   set_clock SECONDS            shifts the wall clock (of programs under the shim) by SECONDS; 0 is true time
#   advance_clock SECONDS        shifts it further
#   syslog_lines PATTERN         captured log lines that match the extended regular expression
#   syslog_through_pipe          from now on also what is logged under a caller's `ulimit -f 0` is captured
#   sync_count [PATTERN]         number of syncs (lines `function pid`) so far
#   forget_syslog, forget_syncs  begin anew
#   slow_disk MS                 from now on each sync (of programs under the shim) takes so many milliseconds longer; 0: no more
#
# Only as root, in `sandbox`:
#   as_user USER COMMAND...      in /, with nothing of root's but the environment
#   su_try CALLER TARGET PASSWORD    CALLER types `su TARGET` and PASSWORD, on a terminal    } each prints ok, denied or timeout
#   sudo_try CALLER TARGET PASSWORD  CALLER types `sudo -u TARGET` and PASSWORD (his own)    } and exits 0, 1 or 2;
#   login_try USER PASSWORD          somebody types USER and PASSWORD at login's prompts     } PTY_VERBOSE=1 shows the terminal
#
# Only in `sandbox_user`:
#   wrapped COMMAND...           under libpam_wrapper and the shim

: "${ABL_TEST_DIR:=/run/abl-test}"
: "${ABL_PAM_DIR:=/etc/pam.d}"
: "${ABL_SUPPORT:=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}"

# ---- files ----

# The shim must never read a half-written or empty file: it appears whole, under its name.
set_clock() { # SECONDS
    echo "$1" >"$ABL_TEST_DIR/clock.new"
    chmod 644 "$ABL_TEST_DIR/clock.new"
    mv -f "$ABL_TEST_DIR/clock.new" "$ABL_TEST_DIR/clock"
}

advance_clock() { # SECONDS
    set_clock $(($(cat "$ABL_TEST_DIR/clock") + $1))
}

# A log without a match is an answer, not an error. (syslog.log: see syslog_through_pipe) Each test begins without a store: that a new
# one was made, and that a block begins, is said only to those that ask for it.
syslog_lines() { # PATTERN
    local file=$ABL_TEST_DIR/syslog
    if [ -e "$file.log" ]; then
        drain "$file"
        file=$file.log
    fi
    local other="made a new store|(blocking|unblocked) (host|user) '"
    if [[ $1 == *'made a new store'* || $1 == *block* ]]; then other='^$'; fi
    grep -aE -- "$1" "$file" | grep -avE -e '^mark ' -e "$other" || true
}

# Until what was written to a pipe stands in its log: then a mark stands there that was written behind it.
drain() { # PIPE
    local mark="mark $RANDOM$RANDOM$RANDOM" i
    echo "$mark" >"$1"
    for i in {1..6000}; do
        if grep -aqxF -- "$mark" "$1.log"; then return; fi
        sleep 0.01
    done
    echo "nobody reads '$1'" >&2
    return 1
}

# A limit on file sizes does not hold for pipes. The reader also holds the writing end, so that it never sees an end; and the
# pipe is open before the first program can find it.
syslog_through_pipe() {
    local pipe=$ABL_TEST_DIR/syslog.pipe fd
    mkfifo "$pipe"
    chmod 666 "$pipe"
    cp "$ABL_TEST_DIR/syslog" "$ABL_TEST_DIR/syslog.log"
    exec {fd}<>"$pipe"
    cat <&"$fd" >>"$ABL_TEST_DIR/syslog.log" 2>/dev/null &
    exec {fd}>&-
    mv "$pipe" "$ABL_TEST_DIR/syslog"
}

sync_count() { # [PATTERN]
    grep -acE -- "${1:-.}" "$ABL_TEST_DIR/syncs" || true
}

forget_syslog() {
    if [ -e "$ABL_TEST_DIR/syslog.log" ]; then : >"$ABL_TEST_DIR/syslog.log"; else : >"$ABL_TEST_DIR/syslog"; fi
}
slow_disk() { # MS
    echo "$1" >"$ABL_TEST_DIR/slow.new"
    chmod 644 "$ABL_TEST_DIR/slow.new"
    mv -f "$ABL_TEST_DIR/slow.new" "$ABL_TEST_DIR/slow"
}

forget_syncs() { : >"$ABL_TEST_DIR/syncs"; }

pam_service() { # NAME LINE...
    local name=$1
    shift
    printf '%s\n' "$@" >"$ABL_PAM_DIR/$name"
}

# ---- sshd ----

sshd_config() { # PORT DIRECTORY
    cat <<END
Port $1
ListenAddress 127.0.0.1
ListenAddress ::1
HostKey $ABL_TEST_DIR/host_key
PidFile $2/pid
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
PermitRootLogin no
UseDNS no
StrictModes no
MaxStartups 500
LoginGraceTime ${GRACE:-300}
MaxAuthTries ${MAX_AUTH_TRIES:-6}
LogLevel VERBOSE
END
}

# OpenSSH since 9.8 is told the PAM service; before, it is the name that sshd was started by.
sshd_understands() { # OPTION CONFIGURATION
    /usr/sbin/sshd -t -o "$1" -f "$2" 2>/dev/null
}

# For a minute: this ends a test that hangs, and is no promise.
wait_for_file() { # FILE
    local i
    for i in {1..1200}; do
        [ -s "$1" ] && return
        sleep 0.05
    done
    return 1
}

start_sshd() { # PORT [LINE...]
    local port=$1 directory=$ABL_TEST_DIR/sshd-$1 service=${SSHD_SERVICE:-sshd} option
    shift
    mkdir -p "$directory"
    rm -f "$directory/pid"
    [ -e "$ABL_TEST_DIR/host_key" ] || ssh-keygen -q -N '' -t ed25519 -f "$ABL_TEST_DIR/host_key"
    # Of two values for one keyword sshd takes the first.
    { printf '%s\n' "$@"; sshd_config "$port" "$directory"; } >"$directory/config"
    for option in "PAMServiceName $service" 'PerSourcePenalties no'; do
        if sshd_understands "$option" "$directory/config"; then echo "$option" >>"$directory/config"; fi
    done
    ln -sf /usr/sbin/sshd "$directory/$service"
    env ${SSHD_PRELOAD:+LD_PRELOAD="$SSHD_PRELOAD"} "$directory/$service" -f "$directory/config" -E "$directory/log" >&2
    # sshd writes the file after it listens.
    if ! wait_for_file "$directory/pid"; then
        cat "$directory/log" >&2
        return 1
    fi
    echo "$directory/pid"
}

descendants() { # PID
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        descendants "$child"
    done
}

any_alive() { # PID...
    local pid
    for pid in "$@"; do
        kill -0 "$pid" 2>/dev/null && return
    done
    return 1
}

# The listener's death leaves its connections alone; they are ended too, and what is not gone after 2 s is killed.
stop_sshd() { # PORT|PIDFILE
    local file=$1 pids i
    [ -e "$file" ] || file=$ABL_TEST_DIR/sshd-$1/pid
    [ -s "$file" ] || return 0
    pids=$(cat "$file")
    pids="$pids $(descendants "$pids")"
    # shellcheck disable=SC2086 # several pids, here and below
    kill $pids 2>/dev/null || true
    for i in {1..100}; do
        any_alive $pids || break
        sleep 0.02
    done
    if any_alive $pids; then kill -KILL $pids 2>/dev/null || true; fi
    rm -f "$file"
}

# ---- local callers ----

as_user() { # USER COMMAND...
    local user=$1 home
    shift
    home=$(getent passwd "$user" | cut -d: -f6)
    (cd / && exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
        env HOME="$home" USER="$user" LOGNAME="$user" "$@")
}

su_try() { # CALLER TARGET PASSWORD
    # shellcheck disable=SC2016 # for the target's shell
    PTY_PASSWORD=$3 as_user "$1" "$ABL_SUPPORT/pty_try" su "$2" -c 'echo pty-$((40+2))'
}

sudo_try() { # CALLER TARGET PASSWORD
    # -k: a cached ticket must not answer for the password.
    # shellcheck disable=SC2016
    PTY_PASSWORD=$3 as_user "$1" "$ABL_SUPPORT/pty_try" sudo -k -p 'Password: ' -u "$2" -- sh -c 'echo pty-$((40+2))'
}

login_try() { # USER PASSWORD
    PTY_LOGIN=$1 PTY_PASSWORD=$2 "$ABL_SUPPORT/pty_try" login
}

# ---- without root ----

wrapped() { # COMMAND...
    env LD_PRELOAD="$SSHD_PRELOAD" "$@"
}
