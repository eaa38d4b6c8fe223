// libc's own reader of addresses, to compare ours with.
#ifndef ABL_CINTERNET_H
#define ABL_CINTERNET_H

#include <arpa/inet.h>

#endif
