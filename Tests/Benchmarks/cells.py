"""What `make bench` measures: which logins, on which store, how many at once."""

import collections

import peers

# turns: how often in one repeat each of its peers has its turn; attempts: of all processes together, in one turn.
Cell = collections.namedtuple("Cell", "place hosts processes kind peers turns attempts")

kinds = ["failing", "passing", "refused"]

# How each is driven: the password, the result of the stack, and where its hosts are.
password = {"failing": "wrong", "passing": "right", "refused": "wrong"}
expected = {"failing": 7, "passing": 0, "refused": 7}


def sized(place, hosts, turns, attempts):
    """One login at a time.

    Nobody is blocked in an empty store, and pam_faillock knows no hosts whose number its cost could follow. What the
    later keys cost is asked once for each file system.
    """
    known = [peer for peer in peers.peers if peer != peers.faillock or hosts == 10_000]
    if hosts == 10_000:
        known += [peers.plain, peers.everything]
    return [Cell(place, hosts, 1, kind, known, turns, attempts) for kind in kinds if hosts or kind != "refused"]


def crowded(processes, attempts):
    return [Cell("disk", 10_000, processes, kind, peers.peers, 1, attempts) for kind in kinds]


def full():
    """What a bar or the plot needs; the other combinations of store, size and number of processes are left out."""
    disk = [cell for hosts in [0, 1000, 100_000, 1_000_000] for cell in sized("disk", hosts, 2, 50)]
    # Neighbours in time are compared: the sizes of one kind.
    disk.sort(key=lambda cell: kinds.index(cell.kind))
    return (
        sized("disk", 10_000, 4, 50) + sized("tmpfs", 10_000, 4, 50) + disk + crowded(8, 128) + crowded(64, 384)
    )


def quick():
    return sized("disk", 10_000, 4, 25) + sized("tmpfs", 10_000, 4, 25) + crowded(64, 192)
