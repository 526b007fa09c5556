#!/bin/sh
# Process 1 of a PID namespace. It is there so that the command is not: as process 1 a command without handlers would
# ignore SIGTERM and SIGINT. It collects orphans, tells on fd 3 when the command started and how it ended, and stays until
# it is told to go (end of file on fd 4), because the kernel kills all of the namespace with it.
setsid "$@" 3>&- 4<&- &
command=$!
echo "started $command" >&3
# While it waits, the shell collects every child, also those that it never started.
wait "$command"
echo "ended $?" >&3
exec 3>&-
read -r _ <&4
exit 0
