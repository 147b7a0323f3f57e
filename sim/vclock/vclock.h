// What the parts of the preload library share. See clock.c for what it is.
#pragma once

#include <stdbool.h>

// True when the simulator grants the time; false when the program lives in real time.
bool vclock_is_virtual(void);
