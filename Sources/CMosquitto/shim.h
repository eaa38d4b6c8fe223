#ifndef ABL_CMOSQUITTO_H
#define ABL_CMOSQUITTO_H

#include <mosquitto.h>
#include <mqtt_protocol.h>

#endif
