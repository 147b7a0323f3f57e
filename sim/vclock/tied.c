// A simulated node does not outlive the home it belongs to: with HEARTHWARD_TIED in the environment it is asked to end
// when the process that started it has ended, however that came about.
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void tie_to_parent(void) {
  if (getenv("HEARTHWARD_TIED") != NULL)
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}
