import Harness
import Testing

/// What somebody, or something, has done to the files, what the logins return then, and what is
/// logged: once for each of the three, where nothing else is said.
struct Trouble: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let script: String
  let answers: String
  let log: [String]

  private init(_ description: String, _ script: String, _ answers: String, _ log: [String]) {
    (testDescription, self.script) = (description, script)
    (self.answers, self.log) = (answers, log)
  }

  /// The store can't be used, and isn't ours to move: the stack decides.
  private static func unusable(
    _ description: String, _ script: String, _ message: String
  ) -> Trouble {
    let line = "3 <err> letting the stack decide: \(message)"
    return Trouble(description, script, "right ok, wrong denied, blocked ok", [line])
  }

  private static func distrusted(
    _ description: String, _ script: String, _ path: String, _ what: String
  ) -> Trouble {
    let rest = "it must be root's and nobody else may write to it"
    return unusable(description, script, "cannot trust '\(path)': \(what); \(rest)")
  }

  /// The file is bad, and another one is begun.
  private static func bad(_ description: String, _ script: String, _ why: String) -> Trouble {
    let line =
      "1 <err> cannot use '\(file)': \(why); "
      + "moved aside as 'data.mdb.damaged-N', starting with an empty store"
    return Trouble(description, script, "right ok, wrong denied, blocked ok", [line])
  }

  /// It makes no difference.
  private static func borne(_ description: String, _ script: String) -> Trouble {
    let line = "1 <notice> refusing user 'guest' from here for libpam: "
    return Trouble(
      description, script, "right ok, wrong denied, blocked denied",
      [line + "user 'guest' is blocked by *:3/1h"])
  }

  fileprivate static let (store, run) = ("/var/lib/abl/store", "/run/abl/in")
  fileprivate static let file = store + "/data.mdb"
  private static let (lock, table, seal) = (store + "/lock", run + "/attempts-N", run + "/seal-N")
  private static let link = "Too many levels of symbolic links"

  static let all = [
    borne("nothing", "true"),
    unusable(
      "the directory may only be read, and has no lock",
      "rm $S/lock; mount --bind $S $S; mount -o remount,ro,bind $S",
      "cannot open '\(lock)': Read-only file system"),
    distrusted("the directory is another's", "chown guest $S", store, "owner 1001, mode 700"),
    distrusted("a group may write to the directory", "chmod 770 $S", store, "owner 0, mode 770"),
    unusable(
      "the directory is a link", "mv $S $S.old; ln -s $S.old $S",
      "cannot open '\(store)': Not a directory"),
    unusable(
      "the directory is a FIFO", "mv $S $S.old; mkfifo $S",
      "cannot open '\(store)': Not a directory"),
    distrusted("the file is another's", "chown guest $F", file, "owner 1001, mode 600"),
    distrusted("others may write to the file", "chmod 666 $F", file, "owner 0, mode 666"),
    unusable("the file is a link", "mv $F $S/old; ln -s old $F", "cannot open '\(file)': \(link)"),
    unusable("the file is a link to nowhere", "ln -sf /no $F", "cannot open '\(file)': \(link)"),
    distrusted(
      "the file is a FIFO", "rm $F; mkfifo $F", file,
      "owner 0, it is no ordinary file or directory"),
    distrusted(
      "the file is a device", "rm $F; mknod $F c 1 5", file,
      "owner 0, it is no ordinary file or directory"),
    distrusted(
      "the file is a directory", "rm $F; mkdir $F", file,
      "owner 0, it is a directory, or has a second name"),
    distrusted(
      "the file has a second name", "ln $F $S/second", file,
      "owner 0, it is a directory, or has a second name"),
    unusable(
      "the lock is a link", "mv $S/lock $S/old; ln -s old $S/lock",
      "cannot open '\(lock)': \(link)"),
    unusable(
      "the lock is a directory", "rm $S/lock; mkdir $S/lock",
      "cannot open '\(lock)': Is a directory"),
    borne("the lock is a FIFO", "rm $S/lock; mkfifo $S/lock"),
    distrusted("run_home is another's", "chown guest $R", run, "owner 1001, mode 700"),
    unusable(
      "run_home is full",
      "rm -r $R; mkdir -m 700 $R; mount -t tmpfs -o size=16k,mode=700 tmpfs $R; fill $R",
      "cannot write '\(table)': No space left on device"),
    unusable(
      "the table is a link", "ln -sf /etc/passwd $T", "cannot open '\(table)': \(link)"),
    unusable(
      "the table is a FIFO", "rm $T; mkfifo $T",
      "cannot resize '\(table)': Invalid argument"),
    borne("the table is nonsense", "head -c 5000 /dev/urandom >$T"),
    unusable("the seal is a link", "ln -sf /etc/passwd $E", "cannot open '\(seal)': \(link)"),
    borne("the seal is a FIFO", "rm $E; mkfifo $E"),
    borne("the seal is nonsense", "head -c 5000 /dev/urandom >$E"),
    unusable(
      "the schema is a newer one", "newer_schema",
      "cannot use '\(file)': a newer version of abl, or another program, wrote it"),
    bad("a machine of 32 bits wrote the file", "of_32_bits", "its pages make no sense"),
    bad("the file is empty", ": >$F", "it is too short to be an LMDB file"),
    bad("the file is noise", "head -c 1M /dev/urandom >$F", "its pages make no sense"),
  ]
}

@Suite(
  "A troubled store", .serialized,
  .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TroubledStoreTests {
  /// Guest is blocked, and target isn't.
  private static let script = """
    install_abl "$ABL_BUILD" 'user_rule = *:3/1h' 'max_size = 1M' \\
      'db_home = \(Trouble.store)' 'run_home = \(Trouble.run)'
    protect requisite testcheck libpam
    S=\(Trouble.store) R=\(Trouble.run) F=\(Trouble.file)
    fill() { dd if=/dev/zero of="$1/filler" bs=4k status=none 2>/dev/null || true; }
    content() { find /var/lib/abl -type f -name '*data*' -exec sha256sum {} + | cut -d' ' -f1 | sort; }
    newer_schema() {
      python3 - "$F" <<'END'
    import sys
    content = open(sys.argv[1], "rb").read()
    assert b"schema\\0\\0\\0\\2" in content
    open(sys.argv[1], "r+b").write(content.replace(b"schema\\0\\0\\0\\2", b"schema\\0\\0\\0\\3"))
    END
    }
    # MDB_page and MDB_meta as they are where a pointer and a page's number have four bytes.
    of_32_bits() {
      python3 - "$F" <<'END'
    import struct, sys
    tree = lambda pad, flags: struct.pack("<IHHIIIII", pad, flags, 0, 0, 0, 0, 0, 0xFFFFFFFF)
    def page(number):
        meta = struct.pack("<IIII", 0xBEEFC0DE, 1, 0, 1 << 20) + tree(4096, 8) + tree(0, 0)
        meta += struct.pack("<II", 1, number)
        return (struct.pack("<IHHHH", number, 0, 8, 0, 0) + meta).ljust(4096, b"\\0")
    open(sys.argv[1], "wb").write(page(0) + page(1) + bytes(1 << 20))
    END
    }
    logins() {
      echo "right $(timeout 20 bash -c "$TRY" - target right)," \\
        "wrong $(timeout 20 bash -c "$TRY" - target wrong)," \\
        "blocked $(timeout 20 bash -c "$TRY" - guest right)"
    }
    TRY="$(declare -f try try_libpam escape wrapped 2>/dev/null); try libpam \\"\\$@\\""
    lines() {
      syslog_lines pam_abl | sed -E 's/> .*pam_abl[^ ]* /> /; s/damaged-[0-9-]+/damaged-N/; s/(attempts|seal)-[0-9]+/\\1-N/' |
        sort | uniq -c | sed 's/^ *//'
    }
    for i in 1 2 3; do try libpam guest wrong; done >/dev/null
    for i in 1 2; do try libpam target wrong; done >/dev/null
    forget_syslog
    T=$(echo $R/attempts-*) E=$(echo $R/seal-*)

    """

  @Test("what logins return, what is logged, and that nothing is deleted", arguments: Trouble.all)
  func rows(_ trouble: Trouble) throws {
    let run = try Sandbox.run(
      Self.script + """
        \(trouble.script)
        content >"$ABL_TEST_DIR/before"
        logins
        lines
        content | comm -13 - "$ABL_TEST_DIR/before" | sed 's/.*/gone: &/'
        """)
    #expect(run.lines.first == trouble.answers, "\(run)")
    let log = run.lines.dropFirst().filter { !$0.hasPrefix("gone: ") }
    #expect(log == trouble.log, "\(run)")
    // Only a store in use becomes another one.
    let isUsed = trouble.answers.hasSuffix("blocked denied")
    #expect(isUsed || log.count == run.lines.count - 1, "\(run)")
    print("\(trouble.testDescription): \(run.lines[0])\n    \(log.joined(separator: "\n    "))")
  }

  @Test(
    "on a full disk who is blocked stays so, and what fails meanwhile is written once there is room"
  )
  func fullDisk() throws {
    let run = try Sandbox.run(
      Self.script + """
        mv $S $S.old
        mkdir -m 700 $S
        mount -t tmpfs -o size=400k,mode=700 tmpfs $S
        cp -a --sparse=always $S.old/* $S/
        fill $S
        for i in {1..40}; do try libpam "$(printf '%0200d' "$i")" wrong; done | sort | uniq -c
        logins
        # Whether it is the first write that fails, or the middle of one.
        lines | sed -E 's/^[0-9]+ //; s/No space left on device/the disk is full, or has failed/'
        rm $S/filler
        forget_syslog
        logins
        ablctl list users --json | grep -c '"name":"0.*"failures":1,'
        recorded target
        """)
    let full = "cannot use '/var/lib/abl/store/data.mdb': the disk is full, or has failed"
    let refused =
      "<notice> refusing user 'guest' from here for libpam: user 'guest' is blocked by *:3/1h"
    #expect(
      run.lines.map { $0.trimmingCharacters(in: .whitespaces) } == [
        "40 denied", "right ok, wrong denied, blocked denied",
        "<err> cannot settle an attempt: \(full)", "<err> deciding by what is known: \(full)",
        refused,
        // That was the third wrong one of target.
        "right denied, wrong denied, blocked denied", "40", "3",
      ], "\(run)")
  }

  @Test(
    "where the disk may only be read who is blocked stays so, and who fails is counted meanwhile"
  )
  func readOnly() throws {
    let run = try Sandbox.run(
      Self.script + """
        mount --bind $S $S
        mount -o remount,ro,bind $S
        logins
        logins
        lines
        ablctl list users --quiet --blocked
        umount $S
        forget_syslog
        logins
        recorded target
        """)
    let refused = ["guest", "target"].map {
      "2 <notice> refusing user '\($0)' from here for libpam: user '\($0)' is blocked by *:3/1h"
    }
    let why = "cannot use '\(Trouble.file)': Read-only file system"
    #expect(
      run.lines == [
        // The wrong one was the third of target.
        "right ok, wrong denied, blocked denied", "right denied, wrong denied, blocked denied",
        "1 <err> cannot settle an attempt: \(why)", "4 <err> deciding by what is known: \(why)",
      ] + refused + ["guest", "target", "right denied, wrong denied, blocked denied", "3"],
      "\(run)")
  }

  @Test(
    "where there is no room for a first store, the stack decides, and counts from when there is")
  func fullDiskAtFirst() throws {
    let run = try Sandbox.run(
      Self.script + """
        # The last failures aren't in the store only.
        ablctl unblock --all >/dev/null
        mv $S $S.old
        mkdir -m 700 $S
        mount -t tmpfs -o size=64k,mode=700 tmpfs $S
        fill $S
        logins
        lines
        rm $S/filler
        logins
        recorded target
        """)
    let full = "cannot use '/var/lib/abl/store/data.mdb.new': No space left on device"
    let answers = "right ok, wrong denied, blocked ok"
    #expect(
      run.lines == [
        answers, "1 <err> cannot settle an attempt: \(full)",
        "1 <err> deciding by what is known: \(full)", answers, "2",
      ], "\(run)")
  }
}
