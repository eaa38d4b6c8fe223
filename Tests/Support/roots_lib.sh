# roots_lib.sh: roots of Debian without Swift, made once by debootstrap in $roots. What a test does in one of them it does in an overlay.
# As root. Sourced by package and systemd, in the project's directory.
#
#   make_root NAME SUITE PACKAGE,...       a root with these; one that is there is left as it is
#   add_users ROOT                         guest and other, whose password is open-sesame
#   in_root ROOT COMMAND...
#   mirror                                 where this machine gets Debian from; that it does not name trixie does not matter

mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
        grep -v security | head -n 1
}

in_root() { # ROOT COMMAND...
    local root=$1
    shift
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" "$@"
}

make_root() { # NAME SUITE PACKAGE,...
    local root=$roots/$1
    [ ! -e "$root.done" ] || [ "$(cat "$root.done")" != "$3" ] || return 0
    Tests/setup debootstrap
    mkdir -p "$roots"
    rm -rf "$root" "$root.new" "$root".done "$root".ready
    echo "making a root of Debian, $2 ..."
    debootstrap --variant=minbase --include="$3" "$2" "$root.new" "$(mirror)" >"$root.log" 2>&1 ||
        { tail -n 5 "$root.log" >&2; return 1; }
    # Nothing that is installed there from outside is started.
    printf '#!/bin/sh\nexit 101\n' >"$root.new/usr/sbin/policy-rc.d"
    chmod 755 "$root.new/usr/sbin/policy-rc.d"
    cp /etc/resolv.conf "$root.new/etc/resolv.conf"
    mv "$root.new" "$root"
    echo "$3" >"$root.done"
}

add_users() { # ROOT
    in_root "$1" sh -ec 'for user in guest other; do
        id $user >/dev/null 2>&1 || useradd -m $user
        echo $user:open-sesame | chpasswd
    done'
}
