#!/bin/sh
# Becomes the command of a tree, inside its control groups: join.sh PARENT SAY [GROUP]... -- COMMAND...
# It starts nothing if the program that asked for it (process PARENT) has died meanwhile, since nobody would own it. With
# SAY=say it tells its number on fd 3 the moment before; without that line the command was not started.
parent=$1
say=$2
shift 2
while [ "$1" != -- ]; do
  echo 0 >"$1/cgroup.procs" || exit 125
  shift
done
shift
# After joining: whoever kills the group of a dead owner finds us in it, or we find the owner dead.
[ "$PPID" = "$parent" ] || exit 125
[ "$say" = say ] || exec "$@"
echo "started $$" >&3 || exit 125
exec "$@" 3>&-
