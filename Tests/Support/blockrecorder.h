// blockrecorder.h: what blockrecorder.so writes down, and powercut reads.
#pragma once

enum event_kind {
  event_create = 1,    // data: the name
  event_write,         // data: what was written, at `offset`
  event_durable_write, // likewise, to a descriptor with O_DSYNC
  event_truncate,      // `offset`: the length
  event_sync,          // all of the file before this is on the disk
  event_sync_directory,
  event_rename,        // data: the old name, 0, the new name
  event_unlink,        // data: the name
  event_make,          // a file without a name
  event_link           // it has one. data: the name
};

struct event {
  unsigned kind, length; // of the data behind it
  unsigned long inode, offset;
};
