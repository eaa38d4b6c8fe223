import Testing

/// What somebody, or something, has done to the files, what the logins return then, how many of the
/// three failures of target are known at the end, and what is logged: once for each of the three
/// logins, where nothing else is said.
struct Trouble: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let script: String
  let answers: String
  let known: Int
  let log: [String]
  /// Whether the file of the store becomes another one: only that of a store in use does.
  let isUsed: Bool

  private init(
    _ description: String, _ script: String, blocked: String, known: Int = 3, isUsed: Bool = false,
    _ log: [String]
  ) {
    (testDescription, self.script, self.known) = (description, script, known)
    (self.isUsed, self.log) = (isUsed, log)
    answers = "right ok, wrong denied, blocked \(blocked)"
  }

  private static let refused =
    "1 <notice> refusing user 'guest' from here for libpam: user 'guest' is blocked by *:3/1h"

  /// It makes no difference, whatever is said.
  private static func borne(
    _ description: String, _ script: String, saying log: String...
  ) -> Trouble {
    Trouble(description, script, blocked: "denied", isUsed: true, log + [refused])
  }

  /// The store can be read, and not written to: who is blocked stays so, and who fails is counted
  /// in the table and the journal.
  private static func unwritable(
    _ description: String, _ script: String, _ message: String, saying log: String...
  ) -> Trouble {
    // By the failure, which completes a limit, and by the next login.
    let line = "2 <err> failures wait for the store: \(message)"
    return Trouble(description, script, blocked: "denied", log + [line, refused])
  }

  /// The table can't be had: who is known to be blocked stays so, and the failure is kept beside
  /// the store.
  private static func withoutTable(
    _ description: String, _ script: String, _ message: String
  ) -> Trouble {
    let lines = [
      "1 <err> a failure waits in a file of its own: \(message)",
      "2 <err> letting the stack decide: \(message)", refused,
    ]
    return Trouble(description, script, blocked: "denied", lines)
  }

  /// The file of the store can't be read, and isn't ours to move: the stack decides, and who fails
  /// is counted in the table and the journal.
  private static func unreadable(
    _ description: String, _ script: String, _ message: String
  ) -> Trouble {
    let lines = [
      "1 <err> failures wait for the store: \(message)",
      "3 <err> letting the stack decide: \(message)",
    ]
    return Trouble(description, script, blocked: "ok", lines)
  }

  /// `db_home` itself is of no use: the stack decides, and there is nowhere to count.
  private static func homeless(
    _ description: String, _ script: String, _ message: String
  ) -> Trouble {
    let lines = [
      "1 <err> cannot count a failure: \(message)",
      "3 <err> letting the stack decide: \(message)",
    ]
    return Trouble(description, script, blocked: "ok", known: 2, lines)
  }

  private static func distrust(_ path: String, _ what: String) -> String {
    "cannot trust '\(path)': \(what); it must be root's and nobody else may write to it"
  }

  /// The file is bad, and another one is begun.
  private static func bad(_ description: String, _ script: String, _ why: String) -> Trouble {
    let line =
      "1 <err> cannot use '\(file)': \(why); "
      + "moved aside as 'data.mdb.damaged-N', starting with an empty store"
    return Trouble(description, script, blocked: "ok", [line])
  }

  static let (store, run) = ("/var/lib/abl/store", "/run/abl/in")
  static let file = store + "/data.mdb"
  private static let (lock, seal) = (store + "/lock", run + "/seal-N")
  static let table = run + "/in-flight-N"
  static let journal = store + "/failures"
  private static let link = "Too many levels of symbolic links"

  private static let second = "owner 0, it is a directory, or has a second name"
  private static let other = "owner 0, it is no ordinary file or directory"

  static let all = [
    borne("nothing", "true"),
    unwritable(
      "the directory may only be read, and has no lock",
      "rm $S/lock; mount --bind $S $S; mount -o remount,ro,bind $S",
      "cannot open '\(lock)': Read-only file system",
      saying: "1 <err> failures take longer: cannot open '\(journal)': Read-only file system"),
    homeless(
      "the directory is another's", "chown guest $S", distrust(store, "owner guest, mode 700")),
    homeless(
      "a group may write to the directory", "chmod 770 $S", distrust(store, "owner 0, mode 770")),
    homeless(
      "the directory is a link of another", "mv $S $S.old; ln -s $S.old $S; chown -h guest $S",
      "cannot open '\(store)': Not a directory"),
    homeless(
      "the directory is a FIFO", "mv $S $S.old; mkfifo $S",
      "cannot open '\(store)': Not a directory"),
    unreadable(
      "the file is another's", "chown guest $F", distrust(file, "owner guest, mode 600")),
    unreadable(
      "others may write to the file", "chmod 666 $F", distrust(file, "owner 0, mode 666")),
    unreadable(
      "the file is a link", "mv $F $S/old; ln -s old $F", "cannot open '\(file)': \(link)"),
    unreadable(
      "the file is a link to nowhere", "ln -sf /no $F", "cannot open '\(file)': \(link)"),
    unreadable("the file is a FIFO", "rm $F; mkfifo $F", distrust(file, other)),
    unreadable("the file is a device", "rm $F; mknod $F c 1 5", distrust(file, other)),
    unreadable("the file is a directory", "rm $F; mkdir $F", distrust(file, second)),
    unreadable("the file has a second name", "ln $F $S/second", distrust(file, second)),
    unwritable(
      "the lock is a link", "mv $S/lock $S/old; ln -s old $S/lock",
      "cannot open '\(lock)': \(link)"),
    unwritable(
      "the lock is a directory", "rm $S/lock; mkdir $S/lock",
      "cannot open '\(lock)': Is a directory"),
    borne("the lock is a FIFO", "rm $S/lock; mkfifo $S/lock"),
    withoutTable(
      "run_home is another's", "chown guest $R", distrust(run, "owner guest, mode 700")),
    // It stands in db_home then.
    borne(
      "run_home is full",
      "rm -r $R; mkdir -m 700 $R; mount -t tmpfs -o size=16k,mode=700 tmpfs $R; fill $R"),
    // A link says that it stands in db_home.
    borne("the table is a link to another file", "ln -sf /etc/passwd $T"),
    withoutTable("the table is a FIFO", "rm $T; mkfifo $T", distrust(table, other)),
    withoutTable(
      "the table is a FIFO, and prompts that are left count",
      "echo 'abandoned = count' >>$ABL_CONFIGURATION; rm $T; mkfifo $T", distrust(table, other)),
    borne(
      "the table is nonsense", "head -c 5000 /dev/urandom >$T",
      saying: "1 <err> '\(table)' is no table; moved aside as 'in-flight-N.bad-N'"),
    unwritable(
      "the seal is a link", "ln -sf /etc/passwd $E", "cannot open '\(seal)': \(link)"),
    borne("the seal is a FIFO", "rm $E; mkfifo $E"),
    borne("the seal is nonsense", "head -c 5000 /dev/urandom >$E"),
    unreadable(
      "the schema is a newer one", "newer_schema",
      "cannot use '\(file)': a newer version of abl, or another program, wrote it"),
    bad("a machine of 32 bits wrote the file", "of_32_bits", "its pages make no sense"),
    bad("the file is empty", ": >$F", "it is too short to be an LMDB file"),
    bad("the file is noise", "head -c 1M /dev/urandom >$F", "its pages make no sense"),
  ]
}
