import Testing

/// The same scenarios on Debian's libpam-abl 0.6.0 and on ours, through the real libpam.
///
/// A row says what ours does. Where the old one differs, the row says in place what it does, and
/// why ours does not: `ancestor: …, because: …`. Whatever isn't marked so is the same on both.
@Suite(
  "Compliance with pam_abl 0.6.0", .enabled(if: Ancestor.isAvailable, Ancestor.complaint))
struct Compliance {}
