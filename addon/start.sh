#!/bin/sh
# Supervisor mounts /data as root's. Hand it to the hub's own user, and run without root's rights.
set -eu

if [ "$(id -u)" -eq 0 ]; then
  chown -R hearthward:hearthward /data
  exec setpriv --reuid=hearthward --regid=hearthward --clear-groups --no-new-privs hearthward "$@"
fi
exec hearthward "$@"
